// Few numbers among many zeros, found many at a time.
#pragma once
#include <cstdint>
#include <cstring>

namespace neurosim {

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
