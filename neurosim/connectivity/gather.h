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

constexpr Index rows_ahead = 4;  // asked for early: rows of active inputs lie too far apart to be guessed
constexpr int line_bytes = 64;

template <int Bytes>
inline void prefetch(const void* row) {
#pragma GCC unroll 8
    for (int n = 0; n < Bytes; n += line_bytes) __builtin_prefetch((const char*)row + n);
}

// Add value * weight row to R registers of sums, for `count` rows.
template <class Real, int R>
inline void accumulate(const Real* __restrict weights, const int32_t* row, const Real* value, Index count,
                       Real* __restrict sum) {
    constexpr int L = lanes<Real>;
    typename Vector<Real>::Sums held[R];
#pragma GCC unroll 8
    for (int r = 0; r < R; r++) held[r] = load(sum + r * L);
    for (Index k = 0; k < count; k++) {
        const Real* w = weights + (Index)row[k] * (R * L);
        const Real x = value[k];
        prefetch<R * L * sizeof(Real)>(weights + (Index)row[k + rows_ahead] * (R * L));
#pragma GCC unroll 8
        for (int r = 0; r < R; r++) held[r] += x * load(w + r * L);
    }
#pragma GCC unroll 8
    for (int r = 0; r < R; r++) *(typename Vector<Real>::Row*)(sum + r * L) = held[r];
}

// Which rows some targets hear, one target's after the other's.
template <class Real>
struct Rows {
    std::vector<int32_t> row;
    std::vector<Real> value;
    Index used = 0;          // of these two, which only grow
    std::vector<Index> end;  // of each target's
    std::vector<Real*> target;

    void clear() {
        used = 0;
        end.clear();
        target.clear();
    }
    void make_room(Index count) {
        if (used + count + rows_ahead <= (Index)row.size()) return;
        row.resize(2 * (used + count + rows_ahead));
        value.resize(row.size());
    }
    // Note some neighbouring active inputs; each one's row is `offset` further than its column.
    void note(const Active<Real>& from, Index first_pixel, Index end_pixel, Index offset) {
        const Index begin = from.start[first_pixel], count = from.start[end_pixel] - begin;
        make_room(count);
        for (Index e = 0; e < count; e++) row[used + e] = from.column[begin + e] + (int32_t)offset;
        for (Index e = 0; e < count; e++) value[used + e] = from.value[begin + e];
        used += count;
    }
    void end_target(Real* at) {
        end.push_back(used);
        target.push_back(at);
    }
    // Make what lies ahead of the last row readable.
    void close() {
        make_room(0);
        std::fill_n(row.data() + used, rows_ahead, 0);
    }
};

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

    void add_block(const Block& block, const Real* weights, const Rows<Real>& rows) const {
        Index begin = 0;
        for (size_t n = 0; n < rows.end.size(); n++) {
            const int32_t* row = rows.row.data() + begin;
            const Real* value = rows.value.data() + begin;
            const Index count = rows.end[n] - begin;
            if (count) add_target(block, weights, row, value, count, rows.target[n] + block.first);
            begin = rows.end[n];
        }
    }

    static void add_target(const Block& block, const Real* weights, const int32_t* row, const Real* value,
                           Index count, Real* target) {
        alignas(64) Real sum[most_registers * lanes<Real>];
        const bool whole = block.count == block.registers * lanes<Real>;
        Real* at = whole ? target : sum;  // a partial block must not touch the next target
        if (!whole) std::copy_n(target, block.count, sum);
        switch (block.registers) {
            case 8: accumulate<Real, 8>(weights, row, value, count, at); break;
            case 4: accumulate<Real, 4>(weights, row, value, count, at); break;
            case 2: accumulate<Real, 2>(weights, row, value, count, at); break;
            default: accumulate<Real, 1>(weights, row, value, count, at);
        }
        if (!whole) std::copy_n(sum, block.count, target);
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

    // Add rows of one block of a group's channels to their targets.
    void add(size_t number, Index group, const Rows<Real>& rows) const {
        const Block& block = blocks[number];
        add_block(block, packed.data() + group * group_size + block.offset, rows);
    }
};

}  // namespace neurosim
