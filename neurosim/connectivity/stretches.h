// What the loops over neurons need so that compilers turn them into vectors.
#pragma once
#include <cstdint>
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

}  // namespace neurosim
