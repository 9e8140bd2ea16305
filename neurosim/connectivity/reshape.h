// The same neurons in another shape: their numbers change, since each shape is numbered channels last.
#pragma once
#include "ops.h"

namespace neurosim {

template <class Real>
struct Reshape : Op<Real> {
    Reshape(Reader& plan, const Real*) {
        this->to.channels = plan.next();
        this->to.space = plan.extent();
    }

    void add(const Active<Real>& from, const Shape& shape, Real* target) override {
        const Index pixels = shape.space.count();
        for (Index pixel = 0; pixel < pixels; pixel++) {
            const Index x = pixel % shape.space.x;
            for (Index e = from.start[pixel]; e < from.start[pixel + 1]; e++) {
                const Index channel = from.column[e] - x * shape.channels;
                target[channels_last(channel * pixels + pixel)] += from.value[e];
            }
        }
    }

    // Where a neuron lies, given its number in channels-first order.
    Index channels_last(Index channels_first) const {
        const Index pixels = this->to.space.count();
        return channels_first % pixels * this->to.channels + channels_first / pixels;
    }
};

}  // namespace neurosim
