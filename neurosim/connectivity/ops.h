// Linear maps with shared weights over lists of active neurons. All sizes are data, so that one compiled
// instance serves every geometry. Sums run in the contract's order: for each target over its sources in
// ascending channels-last index, one rounded product after the other.
#pragma once
#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>
#include "nonzero.h"

namespace neurosim {

using Index = int64_t;

struct Extent {  // sizes or coordinates along depth, rows and columns
    Index z, y, x;
    Index count() const { return z * y * x; }
};

// A layer's shape; neurons are numbered channels last.
struct Shape {
    Index channels;
    Extent space;
    Index size() const { return channels * space.count(); }
};

// Some active inputs side by side; the row of weights of each is `offset` further than its column.
template <class Real>
struct Run {
    const int32_t* column;
    const Real* value;
    Index count, offset;
    bool ones;  // every value is 1
};
constexpr Index rows_ahead = 4;  // columns that may be read beyond a run's last

// The neurons that speak, ascending: pixel p owns entries start[p] .. start[p + 1] - 1. An entry's column is
// x * channels + channel, its place within its line of pixels, so that neighbouring pixels form one run.
template <class Real>
struct Active {
    std::vector<int32_t> column;
    std::vector<Real> value;
    std::vector<int32_t> start;
    bool ones = true;  // every value is 1
    Index pixel_end = 0, line_begin = 0, line_end = 0;  // of the neuron added last

    void clear() {
        column.clear();
        value.clear();
        start.clear();
        pixel_end = line_begin = line_end = 0;
    }
    bool silent() const { return value.empty(); }

    // Append neuron `index` (ascending) of a layer of this shape.
    void add(Index index, const Shape& shape, Real x) {
        while (index >= pixel_end) {
            start.push_back((int32_t)column.size());
            pixel_end += shape.channels;
            if (pixel_end > line_end) {
                line_begin = line_end;
                line_end += shape.space.x * shape.channels;
            }
        }
        column.push_back((int32_t)(index - line_begin));
        value.push_back(x);
    }
    // Take neurons (ascending, the layer's first among all is `first`) of a layer of this shape.
    void take(const int32_t* neuron, const Real* strength, Index count, Index first, const Shape& shape) {
        const Index lines = shape.space.z * shape.space.y;
        value.assign(strength, strength + count);
        column.resize(count + rows_ahead);
        start.clear();
        Index entry = 0, pixel_end = first;
        for (Index line = 0; line < lines; line++) {
            const Index line_begin = pixel_end;
            for (Index x = 0; x < shape.space.x; x++) {
                start.push_back((int32_t)entry);
                pixel_end += shape.channels;
                for (; entry < count && neuron[entry] < pixel_end; entry++)
                    column[entry] = (int32_t)(neuron[entry] - line_begin);
            }
        }
        start.push_back((int32_t)count);
        look();
    }

    // Close the list: give every pixel its range.
    void close(const Shape& shape) {
        start.resize(shape.space.count() + 1, (int32_t)column.size());
        column.resize(column.size() + rows_ahead);
        look();
    }
    void look() {
        Index others = 0;
        for (const Real x : value) others += x != 1;
        ones = others == 0;
    }
    // Return what some neighbouring pixels of a line say.
    Run<Real> run(Index first_pixel, Index end_pixel, Index offset) const {
        const Index begin = start[first_pixel];
        return {column.data() + begin, value.data() + begin, start[end_pixel] - begin, offset, ones};
    }

    void gather(const Real* dense, const Shape& shape) {
        clear();
        int32_t where[64];
        for (Index line = 0; line < shape.space.z * shape.space.y; line++)
            for (Index at = 0; at < shape.space.x * shape.channels; at += shape.channels, dense += shape.channels) {
                start.push_back((int32_t)column.size());
                for (Index c = 0; c < shape.channels; c += 64) {
                    const int found = nonzero(dense + c, (int)std::min<Index>(64, shape.channels - c), where);
                    for (int n = 0; n < found; n++) {
                        column.push_back((int32_t)(at + c) + where[n]);
                        value.push_back(dense[c + where[n]]);
                    }
                }
            }
        close(shape);
    }
};

// Reads the flat description of a network, one number after the other.
struct Reader {
    const Index* at;
    Index next() { return *at++; }
    Extent extent() {
        const Index z = next(), y = next(), x = next();
        return {z, y, x};
    }
    const Index* array(Index size) {
        const Index* begin = at;
        at += size;
        return begin;
    }
};

// What a projection has to add: the spikes of one step, and the currents of the step that they reach.
template <class Real>
struct Task {
    const Active<Real>* from;
    Real* target;
};

template <class Real>
struct Op {
    Shape to;
    virtual ~Op() = default;
    // Add the projection of `from`, active neurons of a layer of shape `shape`, to the dense target.
    virtual void add(const Active<Real>& from, const Shape& shape, Real* target) = 0;
    // Forget what was added since the window's start.
    virtual void restart() {}
    virtual bool remembers() const { return false; }
    // Several such additions, in order.
    virtual void add_all(const std::vector<Task<Real>>& tasks, const Shape& shape) {
        for (const auto& task : tasks) add(*task.from, shape, task.target);
    }
};

// Average over windows: the sum over the window divided by what the window counts for.
template <class Real>
struct Average : Op<Real> {
    const Index *start[3], *stop[3], *counted[3];
    std::vector<Real> sum;

    Average(Reader& plan, const Real*) {
        this->to.channels = plan.next();
        this->to.space = plan.extent();
        const Index sizes[3] = {this->to.space.z, this->to.space.y, this->to.space.x};
        for (int axis = 0; axis < 3; axis++) {
            start[axis] = plan.array(sizes[axis]);
            stop[axis] = plan.array(sizes[axis]);
            counted[axis] = plan.array(sizes[axis]);
        }
        sum.resize(this->to.channels);
    }

    void add(const Active<Real>& from, const Shape& shape, Real* target) override {
        Real* at = target;
        for (Index z = 0; z < this->to.space.z; z++)
            for (Index y = 0; y < this->to.space.y; y++)
                for (Index x = 0; x < this->to.space.x; x++, at += this->to.channels)
                    window(from, shape, {z, y, x}, at);
    }

    void window(const Active<Real>& from, const Shape& shape, Extent at, Real* target) {
        std::fill(sum.begin(), sum.end(), Real(0));
        for (Index z = start[0][at.z]; z < stop[0][at.z]; z++)
            for (Index y = start[1][at.y]; y < stop[1][at.y]; y++) {
                const Index line = (z * shape.space.y + y) * shape.space.x;
                for (Index x = start[2][at.x]; x < stop[2][at.x]; x++)
                    for (Index e = from.start[line + x]; e < from.start[line + x + 1]; e++)
                        sum[from.column[e] - x * shape.channels] += from.value[e];
            }
        const Real size = (Real)(counted[0][at.z] * counted[1][at.y] * counted[2][at.x]);
        for (Index c = 0; c < this->to.channels; c++) target[c] += sum[c] / size;
    }
};

// One to one, every stride-th pixel, with empty channels before and after.
template <class Real>
struct Identity : Op<Real> {
    Index stride, before;

    Identity(Reader& plan, const Real*) {
        this->to.channels = plan.next();
        this->to.space = plan.extent();
        stride = plan.next();
        before = plan.next();
    }

    void add(const Active<Real>& from, const Shape& shape, Real* target) override {
        Real* at = target + before;
        for (Index z = 0; z < this->to.space.z; z++)
            for (Index y = 0; y < this->to.space.y; y++)
                for (Index x = 0; x < this->to.space.x; x++, at += this->to.channels) {
                    const Index pixel = ((z * stride) * shape.space.y + y * stride) * shape.space.x + x * stride;
                    for (Index e = from.start[pixel]; e < from.start[pixel + 1]; e++)
                        at[from.column[e] - x * stride * shape.channels] += from.value[e];
                }
    }
};

// Multiplication by factors: those of a pixel's channels lie `next_pixel` after those of the pixel before.
template <class Real>
struct Scale : Op<Real> {
    const Real* factor;
    Index next_pixel;

    Scale(Reader& plan, const Real* source) {
        this->to.channels = plan.next();
        this->to.space = plan.extent();
        next_pixel = plan.next();
        factor = source + plan.next();
    }

    void add(const Active<Real>& from, const Shape& shape, Real* target) override {
        for (Index pixel = 0; pixel < shape.space.count(); pixel++) {
            const Index x = pixel % shape.space.x;
            for (Index e = from.start[pixel]; e < from.start[pixel + 1]; e++) {
                const Index channel = from.column[e] - x * shape.channels;
                target[pixel * shape.channels + channel] += factor[pixel * next_pixel + channel] * from.value[e];
            }
        }
    }
};

}  // namespace neurosim
