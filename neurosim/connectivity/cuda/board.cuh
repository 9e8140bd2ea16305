// What the neurons' code on the GPU sees of a session: currents to read, and places to leave what it says.
#pragma once
#include <cuda_runtime.h>
#include "../draws.h"

namespace neurosim {
namespace gpu {

// Where a layer lies: its first neuron among all of one image, and its sizes.
struct Spot {
    int64_t first, latency, size, channels;
};

template <class Real>
struct Board {
    Real *ring, *currents, *seen;  // ring: [step % depth][neuron]
    const Spot* spots;             // one a layer
    const int64_t* draws;          // how many random numbers a layer has; then [layer][number]: seed in halves, stream
    int64_t depth, neurons, batch, steps, first_image;

    __device__ void say(int32_t neuron, Real strength, int64_t step) const {
        ring[step % depth * neurons + neuron] = strength;
    }
    // The random words of a neuron's step, for one of its layer's random numbers.
    __device__ Words words(int32_t neuron, int64_t slot, int32_t layer, int64_t step) const {
        const Spot own = spots[layer];
        const int64_t t = step - own.latency, place = neuron - own.first * batch;
        const int64_t here = place % own.size, image = first_image + t / steps * batch + place / own.size;
        const int64_t in_c_order = here % own.channels * (own.size / own.channels) + here / own.channels;
        const int64_t* const key = draws + 1 + 3 * (layer * draws[0] + slot);
        const Words counter{{(uint32_t)in_c_order, (uint32_t)(t % steps), (uint32_t)image, (uint32_t)key[2]}};
        return philox(counter, (uint32_t)key[0], (uint32_t)key[1]);
    }
};

}  // namespace gpu
}  // namespace neurosim
