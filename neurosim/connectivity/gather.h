// The inner loop of every linear map with weights: rows of weights, one for each active input that a target hears,
// are added to the target's sums, which stay in registers.
#pragma once
#include "ops.h"

namespace neurosim {

#if defined(__AVX512F__)
constexpr int register_bytes = 64;
#elif defined(__AVX__)
constexpr int register_bytes = 32;
#else
constexpr int register_bytes = 16;
#endif
template <class Real>
constexpr int lanes = register_bytes / sizeof(Real);

// As many numbers as a register holds: sums, and numbers in memory, wherever they lie.
template <class Real>
struct Vector;
template <>
struct Vector<float> {
    typedef float Sums __attribute__((vector_size(register_bytes)));
    typedef float Row __attribute__((vector_size(register_bytes), aligned(4), may_alias));
};
template <>
struct Vector<double> {
    typedef double Sums __attribute__((vector_size(register_bytes)));
    typedef double Row __attribute__((vector_size(register_bytes), aligned(8), may_alias));
};

// Read a register's worth of numbers.
template <class Real>
inline typename Vector<Real>::Sums load(const Real* weight) {
    return *(const typename Vector<Real>::Row*)weight;
}

constexpr Index cache_bytes = 1 << 19;
constexpr int line_bytes = 64;

template <int Bytes>
inline void prefetch(const void* row) {
#pragma GCC unroll 16
    for (int n = 0; n < Bytes; n += line_bytes) __builtin_prefetch((const char*)row + n);
}

// Add value * weight row to R registers of sums, for every input of a run.
template <class Real, int R, bool Ones, bool Ahead>
inline void accumulate(const Real* __restrict weights, const Run<Real>& run, Real* __restrict sum) {
    constexpr int L = lanes<Real>;
    typename Vector<Real>::Sums held[R];
#pragma GCC unroll 16
    for (int r = 0; r < R; r++) held[r] = load(sum + r * L);
    for (Index k = 0; k < run.count; k++) {
        const Real* w = weights + (run.column[k] + run.offset) * (R * L);
        if (Ahead) prefetch<R * L * sizeof(Real)>(weights + (run.column[k + rows_ahead] + run.offset) * (R * L));
#pragma GCC unroll 16
        for (int r = 0; r < R; r++) held[r] += Ones ? load(w + r * L) : run.value[k] * load(w + r * L);
    }
#pragma GCC unroll 16
    for (int r = 0; r < R; r++) *(typename Vector<Real>::Row*)(sum + r * L) = held[r];
}

// The weights of a map, as they lie in the file: [group][block of channels][row][channel of the block]. The last
// block may be narrower, and ends in zeros.
template <class Real>
class Weights {
    struct Block {
        Index first, count;  // target channels
        int registers;
        Index offset;
    };
    static constexpr Index widest = 256 / sizeof(Real), narrowest = 64 / sizeof(Real);
    const Real* at = nullptr;
    std::vector<Block> blocks;  // of one group
    Index group_size = 0;
    bool ahead = false;  // fetch rows early: they do not fit into a core's cache

    template <bool Ones, bool Ahead>
    static void add_run(int registers, const Real* weights, const Run<Real>& run, Real* sum) {
        constexpr int most = widest / lanes<Real>;
        if (registers == most) return accumulate<Real, most, Ones, Ahead>(weights, run, sum);
        if (registers == most / 2) return accumulate<Real, most / 2, Ones, Ahead>(weights, run, sum);
        accumulate<Real, most / 4, Ones, Ahead>(weights, run, sum);
    }

    void add_whole(int registers, const Real* weights, const Run<Real>& run, Real* sum) const {
        if (run.ones) ahead ? add_run<true, true>(registers, weights, run, sum)
                            : add_run<true, false>(registers, weights, run, sum);
        else ahead ? add_run<false, true>(registers, weights, run, sum)
                   : add_run<false, false>(registers, weights, run, sum);
    }

public:
    Weights() = default;
    Weights(const Real* at_, Index groups, Index rows, Index outputs) : at(at_) {
        for (Index first = 0; first < outputs;) {
            Index width = widest;
            while (width > narrowest && width / 2 >= outputs - first) width /= 2;
            blocks.push_back({first, std::min(outputs - first, width), (int)(width / lanes<Real>), group_size});
            group_size += rows * width;
            first += width;
        }
        ahead = groups * group_size * (Index)sizeof(Real) > cache_bytes;
    }

    size_t block_count() const { return blocks.size(); }

    // Add the rows of a run, for one block of a group's channels, to a target's sums.
    void add(size_t number, Index group, const Run<Real>& run, Real* target) const {
        const Block& block = blocks[number];
        const Real* weights = at + group * group_size + block.offset;
        target += block.first;
        if (block.count == block.registers * lanes<Real>) return add_whole(block.registers, weights, run, target);
        alignas(64) Real sum[widest];  // a partial block must not touch the next target
        std::copy_n(target, block.count, sum);
        add_whole(block.registers, weights, run, sum);
        std::copy_n(sum, block.count, target);
    }
};

}  // namespace neurosim
