// Convolution, and every fully connected map.
#pragma once
#include "gather.h"

namespace neurosim {

// Convolution as a gather: every target pixel adds the rows of weights that the active inputs in its window bring.
// For each block of channels and each line of the kernel, whose weights then stay in the cache, one pass is made
// over a chunk of targets. A fully connected map is the kernel as large as its source.
template <class Real>
struct Conv : Op<Real> {
    static constexpr Index chunk = 256;  // pixels whose sums stay in the cache
    Index groups, inputs;  // inputs: channels of a group
    Extent kernel, stride, dilation, padding;
    Weights<Real> weights;
    std::vector<std::vector<Active<Real>>> of_group;  // each task's active inputs, where there are several groups

    Conv(Reader& plan, const Real* source) {
        this->to.channels = plan.next();
        this->to.space = plan.extent();
        groups = plan.next();
        inputs = plan.next();
        kernel = plan.extent();
        stride = plan.extent();
        dilation = plan.extent();
        padding = plan.extent();
        weights = Weights<Real>(source + plan.next(), groups, kernel.count() * inputs, this->to.channels / groups);
    }

    void add(const Active<Real>& from, const Shape& shape, Real* target) override { add_all({{&from, target}}, shape); }

    void add_all(const std::vector<Task<Real>>& tasks, const Shape& shape) override {
        if (groups == 1) return add_group(tasks, {inputs, shape.space}, 0);
        of_group.resize(std::max(of_group.size(), tasks.size()));
        for (size_t n = 0; n < tasks.size(); n++) split(*tasks[n].from, shape, of_group[n]);
        std::vector<Task<Real>> parts = tasks;
        for (Index g = 0; g < groups; g++) {
            for (size_t n = 0; n < tasks.size(); n++) parts[n].from = &of_group[n][g];
            add_group(parts, {inputs, shape.space}, g);
        }
    }

    // Sort the active inputs by group.
    void split(const Active<Real>& from, const Shape& shape, std::vector<Active<Real>>& of_group) const {
        of_group.resize(groups);
        for (auto& part : of_group) part.clear();
        for (Index pixel = 0; pixel < shape.space.count(); pixel++)
            for (Index e = from.start[pixel]; e < from.start[pixel + 1]; e++) {
                const Index channel = from.column[e] - pixel % shape.space.x * shape.channels;
                const Index group = channel / inputs;
                of_group[group].add(pixel * inputs + channel - group * inputs, {inputs, shape.space}, from.value[e]);
            }
        for (auto& part : of_group) part.close(shape);
    }

    // Threads share chunks of target lines and blocks of channels.
    void add_group(const std::vector<Task<Real>>& tasks, const Shape& shape, Index group) {
        const Extent& space = this->to.space;
        const Index lines = (Index)tasks.size() * space.z * space.y, some = (chunk + space.x - 1) / space.x;
#pragma omp parallel for collapse(2) schedule(dynamic)
        for (Index first = 0; first < lines; first += some)
            for (size_t block = 0; block < weights.block_count(); block++)
                add_block(tasks, shape, group, block, first, std::min(first + some, lines));
    }

    // Add to target lines `first` to `end` of all tasks.
    void add_block(const std::vector<Task<Real>>& tasks, const Shape& shape, Index group, size_t block, Index first,
                   Index end) const {
        const Extent& space = this->to.space;
        const Index lines = space.z * space.y, line_size = space.x * this->to.channels;
        for (Index kz = 0; kz < kernel.z; kz++)
            for (Index ky = 0; ky < kernel.y; ky++)
                for (Index n = first; n < end; n++) {
                    const Index line = n % lines;
                    const Index z = line / space.y * stride.z + kz * dilation.z - padding.z;
                    const Index y = line % space.y * stride.y + ky * dilation.y - padding.y;
                    if (z < 0 || z >= shape.space.z || y < 0 || y >= shape.space.y) continue;
                    add_line(*tasks[n / lines].from, shape, (z * shape.space.y + y) * shape.space.x, group, block,
                             (kz * kernel.y + ky) * kernel.x, tasks[n / lines].target + line * line_size);
                }
    }

    // Add what the source line that begins at pixel `line` brings to a target line; `tap` is the first of the
    // kernel's line. Undilated taps hear one run of inputs.
    void add_line(const Active<Real>& from, const Shape& shape, Index line, Index group, size_t block, Index tap,
                  Real* target) const {
        if (from.start[line] == from.start[line + shape.space.x]) return;
        const Index taps = dilation.x == 1 ? kernel.x : 1, channels = this->to.channels;
        target += group * (channels / groups);
        for (Index x = 0; x < this->to.space.x; x++)
            for (Index kx = 0; kx < kernel.x; kx += taps) {
                const Index at = x * stride.x + kx * dilation.x - padding.x;
                const Index begin = std::max<Index>(at, 0), end = std::min(at + taps, shape.space.x);
                if (begin >= end) continue;
                const Run<Real> run = from.run(line + begin, line + end, (tap + kx - at) * inputs);
                if (run.count) weights.add(block, group, run, target + x * channels);
            }
    }
};

}  // namespace neurosim
