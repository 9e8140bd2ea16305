// Who spoke in the last steps: Brian2 groups tell it, in any order and from any thread.
#pragma once
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <utility>
#include <vector>

namespace neurosim {

// What one group said in one step: neurons and strengths.
template <class Real>
struct Said {
    int64_t step = -1;
    std::vector<std::pair<int32_t, Real>> spikes;
};

template <class Real>
class Ring {
    std::vector<Said<Real>> said;  // [group][step % depth]
    int64_t depth;

    Said<Real>& at(int64_t group, int64_t step) { return said[group * depth + step % depth]; }

public:
    Ring(int64_t groups, int64_t depth_) : said(groups * depth_), depth(depth_) {}

    // Several strengths of a neuron in one step add up.
    void tell(int64_t group, int32_t neuron, Real strength, int64_t step) {
#pragma omp critical(neurosim_ring)
        {
            Said<Real>& now = at(group, step);
            if (now.step != step) now.spikes.clear();
            now.step = step;
            now.spikes.emplace_back(neuron, strength);
        }
    }

    // Return the spikes of an earlier step in ascending order of neurons.
    const std::vector<std::pair<int32_t, Real>>& heard(int64_t group, int64_t step) {
        static const std::vector<std::pair<int32_t, Real>> nothing;
        if (step < 0 || at(group, step).step != step) return nothing;
        auto& spikes = at(group, step).spikes;
        const auto before = [](const std::pair<int32_t, Real>& a, const std::pair<int32_t, Real>& b) {
            return a.first < b.first;
        };
        if (!std::is_sorted(spikes.begin(), spikes.end(), before))  // several threads, or several events
            std::stable_sort(spikes.begin(), spikes.end(), before);
        return spikes;
    }
};

// The ring of one set of groups, in the whole program.
template <class Real, int Set, int64_t Groups, int64_t Depth>
Ring<Real>& ring() {
    static Ring<Real> made(Groups, Depth);
    return made;
}

// End the run unless a group has such a neuron.
inline void check(const char* group, int64_t size, int64_t neuron) {
    if (neuron >= 0 && neuron < size) return;
    std::fprintf(stderr, "neurosim: group '%s' has no neuron %lld: pass i, from 0 to %lld\n", group,
                 (long long)neuron, (long long)size - 1);
    std::exit(3);
}

}  // namespace neurosim
