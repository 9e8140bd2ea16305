// Maximum over windows: of the strengths of a step, or of running sums, whose growth is what arrives.
#pragma once
#include "ops.h"

namespace neurosim {

// Sums and maxima are integers, so that they stay exact in either precision however long a window is.
template <class Real>
struct MaxPool : Op<Real> {
    using Count = int64_t;
    bool of_counts;  // else the sums are forgotten after each step
    Index channels;
    const Index *start[3], *stop[3];
    std::vector<Count> sum;      // of each source, since the window's start
    std::vector<Count> reached;  // each target's largest sum after the last step
    std::vector<Count> largest;  // of one target pixel

    MaxPool(Reader& plan, const Real*) {
        this->to.channels = channels = plan.next();
        this->to.space = plan.extent();
        of_counts = plan.next() == 1;
        const Index sources = plan.next();
        const Index sizes[3] = {this->to.space.z, this->to.space.y, this->to.space.x};
        for (int axis = 0; axis < 3; axis++) {
            start[axis] = plan.array(sizes[axis]);
            stop[axis] = plan.array(sizes[axis]);
        }
        sum.assign(sources, 0);
        reached.assign(this->to.size(), 0);
        largest.resize(channels);
    }

    bool remembers() const override { return true; }
    void restart() override {
        std::fill(sum.begin(), sum.end(), 0);
        std::fill(reached.begin(), reached.end(), 0);
    }

    void add(const Active<Real>& from, const Shape& shape, Real* target) override {
        for_each(from, shape, [this](Index source, Real x) { sum[source] += (Count)x; });
        Index pixel = 0;
        for (Index z = 0; z < this->to.space.z; z++)
            for (Index y = 0; y < this->to.space.y; y++)
                for (Index x = 0; x < this->to.space.x; x++, pixel++)
                    if (active(from, shape, {z, y, x})) grow(shape, {z, y, x}, pixel * channels, target);
        if (!of_counts) for_each(from, shape, [this](Index source, Real) { sum[source] = 0; });
    }

    // Call with the index and strength of every active source.
    template <class Function>
    static void for_each(const Active<Real>& from, const Shape& shape, Function function) {
        for (Index pixel = 0; pixel < shape.space.count(); pixel++) {
            const Index line = (pixel - pixel % shape.space.x) * shape.channels;
            for (Index e = from.start[pixel]; e < from.start[pixel + 1]; e++)
                function(line + from.column[e], from.value[e]);
        }
    }

    // Call with the first pixel and the length of every line of a window; stop where it returns true.
    template <class Function>
    bool any_line(const Shape& shape, Extent at, Function function) const {
        const Index x = start[2][at.x], length = stop[2][at.x] - x;
        for (Index z = start[0][at.z]; z < stop[0][at.z]; z++)
            for (Index y = start[1][at.y]; y < stop[1][at.y]; y++)
                if (function((z * shape.space.y + y) * shape.space.x + x, length)) return true;
        return false;
    }

    bool active(const Active<Real>& from, const Shape& shape, Extent at) const {
        return any_line(shape, at, [&](Index pixel, Index length) {
            return from.start[pixel] != from.start[pixel + length];
        });
    }

    // Add to the channels of one target pixel, which begin at `first`.
    void grow(const Shape& shape, Extent at, Index first, Real* target) {
        std::fill(largest.begin(), largest.end(), INT64_MIN);
        any_line(shape, at, [&](Index pixel, Index length) {
            const Count* from = sum.data() + pixel * channels;
            for (Index x = 0; x < length; x++, from += channels)
                for (Index c = 0; c < channels; c++) largest[c] = std::max(largest[c], from[c]);
            return false;
        });
        for (Index c = 0; c < channels; c++) target[first + c] += (Real)(largest[c] - reached[first + c]);
        if (of_counts) std::copy(largest.begin(), largest.end(), reached.begin() + first);
    }
};

}  // namespace neurosim
