// What the loops over neurons need so that compilers turn them into vectors.
#pragma once
#include <cstdint>
#include <cstring>
#include <vector>

namespace neurosim {

struct Stretch {
    int32_t begin, end;  // neurons
    int32_t layer;
    int32_t channel;  // of the first; the others' follow
};

// What an array of indices is along a stretch.
struct Constant {
    int32_t value;
    int32_t operator[](int32_t) const { return value; }
};
struct Ascending {
    int32_t offset;
    int32_t operator[](int32_t index) const { return index + offset; }
};

// Cut `size` neurons into the longest stretches; an index that is not given does not matter.
inline std::vector<Stretch> stretches(int64_t size, const int32_t* layer, const int32_t* channel) {
    std::vector<Stretch> all;
    for (int32_t n = 0; n < size; n++) {
        const bool same_layer = n > 0 && (!layer || layer[n] == layer[n - 1]);
        const bool follows = same_layer && (!channel || channel[n] == channel[n - 1] + 1);
        if (!follows) all.push_back({n, n, layer ? layer[n] : 0, channel ? channel[n] : 0});
        all.back().end = n + 1;
    }
    return all;
}

// List where the first `size` (at most 64) of some numbers are not zero, and return how many are not.
template <class Real>
inline int nonzero(const Real* x, int size, int32_t* where) {
    uint8_t flags[64] = {};
    for (int n = 0; n < size; n++) flags[n] = x[n] != 0;
    uint64_t found_bits = 0;
    for (int first = 0; first < size; first += 8) {
        uint64_t eight;
        std::memcpy(&eight, flags + first, 8);
        found_bits |= (eight * 0x0102040810204080u >> 56) << first;  // eight bytes of 0 or 1 as eight bits
    }
    int found = 0;
    for (; found_bits; found_bits &= found_bits - 1) where[found++] = __builtin_ctzll(found_bits);
    return found;
}

}  // namespace neurosim
