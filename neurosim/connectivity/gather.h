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
constexpr int most_registers = 8;  // that hold sums, so that all of a block's stay in registers
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
#pragma GCC unroll 8
    for (int n = 0; n < Bytes; n += line_bytes) __builtin_prefetch((const char*)row + n);
}

// Add value * weight row to R registers of sums, for every input of a run.
template <class Real, int R, bool Ones, bool Ahead>
inline void accumulate(const Real* __restrict weights, const Run<Real>& run, Real* __restrict sum) {
    constexpr int L = lanes<Real>;
    typename Vector<Real>::Sums held[R];
#pragma GCC unroll 8
    for (int r = 0; r < R; r++) held[r] = load(sum + r * L);
    for (Index k = 0; k < run.count; k++) {
        const Real* w = weights + (run.column[k] + run.offset) * (R * L);
        if (Ahead) prefetch<R * L * sizeof(Real)>(weights + (run.column[k + rows_ahead] + run.offset) * (R * L));
#pragma GCC unroll 8
        for (int r = 0; r < R; r++) held[r] += Ones ? load(w + r * L) : run.value[k] * load(w + r * L);
    }
#pragma GCC unroll 8
    for (int r = 0; r < R; r++) *(typename Vector<Real>::Row*)(sum + r * L) = held[r];
}

// The weights of a map: [group][block of channels][row][channel of the block].
template <class Real>
class Weights {
    struct Block {
        Index first, count;  // target channels
        int registers;
        Index offset;
    };
    std::vector<Block> blocks;  // of one group
    std::vector<Real> packed;
    Index group_size = 0;

    void fill(const Real* source, Index groups, Index rows, Index outputs) {
        packed.assign(groups * group_size, Real(0));
        for (Index g = 0; g < groups; g++)
            for (const Block& b : blocks)
                for (Index r = 0; r < rows; r++)
                    std::copy_n(source + (g * rows + r) * outputs + b.first, b.count,
                                packed.data() + g * group_size + b.offset + r * b.registers * lanes<Real>);
    }

    template <bool Ones, bool Ahead>
    static void add_run(int registers, const Real* weights, const Run<Real>& run, Real* sum) {
        switch (registers) {
            case 8: return accumulate<Real, 8, Ones, Ahead>(weights, run, sum);
            case 4: return accumulate<Real, 4, Ones, Ahead>(weights, run, sum);
            case 2: return accumulate<Real, 2, Ones, Ahead>(weights, run, sum);
            default: return accumulate<Real, 1, Ones, Ahead>(weights, run, sum);
        }
    }

    void add_whole(int registers, const Real* weights, const Run<Real>& run, Real* sum) const {
        const bool ahead = packed.size() * sizeof(Real) > cache_bytes;
        if (run.ones) ahead ? add_run<true, true>(registers, weights, run, sum)
                            : add_run<true, false>(registers, weights, run, sum);
        else ahead ? add_run<false, true>(registers, weights, run, sum)
                   : add_run<false, false>(registers, weights, run, sum);
    }

public:
    // `source` holds the weights as [group][row][output].
    void pack(const Real* source, Index groups, Index rows, Index outputs) {
        for (Index first = 0; first < outputs;) {
            int registers = most_registers;
            while (registers > 1 && (registers / 2) * lanes<Real> >= outputs - first) registers /= 2;
            const Index width = registers * lanes<Real>;
            blocks.push_back({first, std::min(outputs - first, width), registers, group_size});
            group_size += rows * width;
            first += width;
        }
        fill(source, groups, rows, outputs);
    }

    size_t block_count() const { return blocks.size(); }

    // Add the rows of a run, for one block of a group's channels, to a target's sums.
    void add(size_t number, Index group, const Run<Real>& run, Real* target) const {
        const Block& block = blocks[number];
        const Real* weights = packed.data() + group * group_size + block.offset;
        target += block.first;
        if (block.count == block.registers * lanes<Real>) return add_whole(block.registers, weights, run, target);
        alignas(64) Real sum[most_registers * lanes<Real>];  // a partial block must not touch the next target
        std::copy_n(target, block.count, sum);
        add_whole(block.registers, weights, run, sum);
        std::copy_n(sum, block.count, target);
    }
};

}  // namespace neurosim
