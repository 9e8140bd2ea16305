// Convolution, and every fully connected map.
#pragma once
#include "gather.h"

namespace neurosim {

// Convolution as a gather: for each target pixel of a chunk, first the rows of weights that active inputs bring,
// then, for each block of channels, one pass over the chunk. A fully connected map is the kernel as large as
// its source.
template <class Real>
struct Conv : Op<Real> {
    static constexpr Index chunk = 64;  // pixels that use a block's weights while these are in the cache
    Index groups, inputs;  // inputs: channels of a group
    Extent kernel, stride, dilation, padding;
    Weights<Real> weights;
    std::vector<std::vector<Active<Real>>> of_group;  // each task's active inputs, where there are several groups

    // `source` holds the weights as [group][tap][input][output].
    Conv(Reader& plan, const Real* source) {
        this->to.channels = plan.next();
        this->to.space = plan.extent();
        groups = plan.next();
        inputs = plan.next();
        kernel = plan.extent();
        stride = plan.extent();
        dilation = plan.extent();
        padding = plan.extent();
        weights.pack(source + plan.next(), groups, kernel.count() * inputs, this->to.channels / groups);
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

    // Threads share the blocks of a chunk of pixels: whoever begins a chunk looks up the rows of its pixels.
    void add_group(const std::vector<Task<Real>>& tasks, const Shape& shape, Index group) {
        const Index pixels = (Index)tasks.size() * this->to.space.count(), chunks = (pixels + chunk - 1) / chunk;
#pragma omp parallel
        {
            Rows<Real> rows;
            Index looked = -1;
#pragma omp for collapse(2) schedule(dynamic)
            for (Index c = 0; c < chunks; c++)
                for (size_t b = 0; b < weights.block_count(); b++) {
                    const Index first = c * chunk, end = std::min(first + chunk, pixels);
                    if (looked != c) look(tasks, shape, group, first, end, rows);
                    looked = c;
                    weights.add(b, group, rows);
                }
        }
    }

    // List the rows of the active inputs in the windows of some target pixels, in ascending order.
    void look(const std::vector<Task<Real>>& tasks, const Shape& shape, Index group, Index first, Index end,
              Rows<Real>& rows) const {
        const Extent& space = this->to.space;
        const Index channels = this->to.channels, outputs = channels / groups;
        rows.clear();
        for (Index n = first; n < end; n++) {
            const Task<Real>& task = tasks[n / space.count()];
            const Index pixel = n % space.count(), line = pixel / space.x;
            look_around(*task.from, shape, {line / space.y, line % space.y, pixel % space.x}, rows);
            rows.end_target(task.target + pixel * channels + group * outputs);
        }
        rows.close();
    }

    void look_around(const Active<Real>& from, const Shape& shape, Extent at, Rows<Real>& rows) const {
        const Index x = at.x * stride.x - padding.x;
        for (Index kz = 0; kz < kernel.z; kz++) {
            const Index z = at.z * stride.z + kz * dilation.z - padding.z;
            if (z < 0 || z >= shape.space.z) continue;
            for (Index ky = 0; ky < kernel.y; ky++) {
                const Index y = at.y * stride.y + ky * dilation.y - padding.y;
                if (y < 0 || y >= shape.space.y) continue;
                const Index line = (z * shape.space.y + y) * shape.space.x;
                look_along(from, shape, line, x, (kz * kernel.y + ky) * kernel.x, rows);
            }
        }
    }

    // The same within one line of pixels; `tap` is the number of the line's first tap.
    void look_along(const Active<Real>& from, const Shape& shape, Index line, Index x, Index tap,
                    Rows<Real>& rows) const {
        if (dilation.x == 1) {
            const Index begin = std::max<Index>(x, 0), end = std::min(x + kernel.x, shape.space.x);
            if (begin < end) rows.note(from, line + begin, line + end, (tap - x) * inputs);
            return;
        }
        for (Index kx = 0; kx < kernel.x; kx++) {
            const Index at = x + kx * dilation.x;
            if (at >= 0 && at < shape.space.x) rows.note(from, line + at, line + at + 1, (tap + kx - at) * inputs);
        }
    }
};

}  // namespace neurosim
