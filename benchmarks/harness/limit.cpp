// What this machine can do: the 3x3 convolution of 0/1 spikes as an output-stationary gather, with sizes known
// to the compiler and nothing but additions. Prints the seconds of each pass over all steps.
// Run in a folder with spikes: limit CHANNELS SIZE PASSES
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include "spikes.h"

#if defined(__AVX512F__)
constexpr int register_bytes = 64;
#elif defined(__AVX__)
constexpr int register_bytes = 32;
#else
constexpr int register_bytes = 16;
#endif
constexpr int lanes = register_bytes / sizeof(float);
typedef float Held __attribute__((vector_size(register_bytes)));
typedef float AtRest __attribute__((vector_size(register_bytes), aligned(4), may_alias));

struct Step {  // pixel p's active channels are channel[start[p]] .. channel[start[p + 1] - 1]
    std::vector<int> start, channel;
};

// Add to one output pixel, for Registers * lanes of its channels. Weights are [tap][input][those channels].
template <int Channels, int Registers>
inline void gather(const Step& spikes, const float* weights, float* out, int size, int y, int x) {
    constexpr int block = Registers * lanes;
    Held sum[Registers];
    for (int r = 0; r < Registers; r++) sum[r] = *(const AtRest*)(out + r * lanes);
    for (int ky = std::max(0, 1 - y); ky < std::min(3, size + 1 - y); ky++)
        for (int kx = std::max(0, 1 - x); kx < std::min(3, size + 1 - x); kx++) {
            const int pixel = (y + ky - 1) * size + x + kx - 1;
            const float* tap = weights + (ky * 3 + kx) * Channels * block;
            for (int e = spikes.start[pixel]; e < spikes.start[pixel + 1]; e++) {
                const float* row = tap + spikes.channel[e] * block;
                for (int r = 0; r < Registers; r++) sum[r] += *(const AtRest*)(row + r * lanes);
            }
        }
    for (int r = 0; r < Registers; r++) *(AtRest*)(out + r * lanes) = sum[r];
}

template <int Channels, int Registers>
void convolve(const Step& spikes, const float* weights, float* out, int size) {
    constexpr int block = Registers * lanes;
    for (int first = 0; first < Channels; first += block)
        for (int y = 0; y < size; y++)
            for (int x = 0; x < size; x++)
                gather<Channels, Registers>(spikes, weights + 9 * Channels * first,
                                            out + (y * size + x) * Channels + first, size, y, x);
}

template <int Channels>
void measure(int size, int passes) {
    std::vector<Step> steps;
    for (const auto& neurons : read_spikes("0")) {
        Step step;
        size_t entry = 0;
        for (int pixel = 0; pixel < size * size; pixel++) {
            step.start.push_back((int)entry);
            for (; entry < neurons.size() && neurons[entry] < (pixel + 1) * Channels; entry++)
                step.channel.push_back(neurons[entry] - pixel * Channels);
        }
        step.start.push_back((int)entry);
        steps.push_back(step);
    }
    std::vector<float> weights(9 * Channels * Channels, 0.01f), out(size * size * Channels);
    time_passes(passes, [&] {
        for (const Step& step : steps)
            convolve<Channels, std::min(8, Channels / lanes)>(step, weights.data(), out.data(), size);
    });
}

int main(int, char** arguments) {
    const int size = std::atoi(arguments[2]), passes = std::atoi(arguments[3]);
    switch (std::atoi(arguments[1])) {
        case 64: measure<64>(size, passes); break;
        case 128: measure<128>(size, passes); break;
        case 256: measure<256>(size, passes); break;
        case 512: measure<512>(size, passes); break;
        default: return 2;
    }
}
