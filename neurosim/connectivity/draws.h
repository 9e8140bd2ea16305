// Random numbers inside a run, as neurosim/random_numbers.py and neurosim/neurons/draws.py have them in numpy.
#pragma once
#include <cstdint>
#include <vector>

#ifdef __CUDACC__
#define NEUROSIM_ANYWHERE __host__ __device__
#else
#define NEUROSIM_ANYWHERE
#endif

namespace neurosim {

struct Words {
    uint32_t x[4];
};

// Philox4x32-10 (Salmon et al. 2011, doi:10.1145/2063384.2063405).
NEUROSIM_ANYWHERE inline Words philox(Words counter, uint32_t key0, uint32_t key1) {
    uint32_t* const x = counter.x;
    for (int round = 0; round < 10; round++) {
        const uint64_t product0 = (uint64_t)x[0] * 0xD2511F53u, product2 = (uint64_t)x[2] * 0xCD9E8D57u;
        const uint32_t x0 = (uint32_t)(product2 >> 32) ^ x[1] ^ key0, x2 = (uint32_t)(product0 >> 32) ^ x[3] ^ key1;
        x[1] = (uint32_t)product2, x[3] = (uint32_t)product0;
        x[0] = x0, x[2] = x2;
        key0 += 0x9E3779B9u, key1 += 0xBB67AE85u;
    }
    return counter;
}

// In [0, 1), of 24 bits.
NEUROSIM_ANYWHERE inline double uniform(const Words& drawn) { return (drawn.x[0] >> 8) / 16777216.0; }

// Of mean 0 and variance 1: twelve uniform numbers of 10 bits, added.
NEUROSIM_ANYWHERE inline double normal(const Words& drawn) {
    int32_t total = -6138;
    for (const uint32_t word : drawn.x) total += (word & 1023) + (word >> 10 & 1023) + (word >> 20 & 1023);
    return total / 1024.0;
}

// The seeds and streams of all layers' random numbers.
class Draws {
    std::vector<int64_t> table;  // [layer][slot]: lower and upper half of the seed, stream
    int64_t slots = 0;

public:
    // `numbers`: how many slots a layer has, then the table.
    void read(const std::vector<int64_t>& numbers) {
        slots = numbers[0];
        table.assign(numbers.begin() + 1, numbers.end());
    }
    Words words(int64_t layer, int64_t slot, int64_t image, int64_t step, int64_t neuron) const {
        const int64_t* const own = table.data() + 3 * (layer * slots + slot);
        const Words counter{{(uint32_t)neuron, (uint32_t)step, (uint32_t)image, (uint32_t)own[2]}};
        return philox(counter, (uint32_t)own[0], (uint32_t)own[1]);
    }
};

}  // namespace neurosim
