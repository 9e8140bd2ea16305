// Every map between layers as the host sees it: reads its description, as the C++ device's does, and starts kernels.
#pragma once
#include <memory>
#include "kernels.cuh"

namespace neurosim {
namespace gpu {

inline Size size_of(const Extent& extent) { return {(int)extent.z, (int)extent.y, (int)extent.x}; }
inline Grid grid_of(const Shape& shape) {
    return {(int)shape.channels, (int)((shape.channels + word_bits - 1) / word_bits), size_of(shape.space)};
}

// What a layer said in one step: words of who spoke, and strengths.
template <class Real>
struct Said {
    const Word* words;
    const Real* strength;
    bool ones;  // every strength is 0 or 1
};

template <class Real>
struct Op {
    Shape to;
    virtual ~Op() = default;
    // Add the projection of `from`, said by so many images of a layer of shape `shape`, to the target.
    virtual void add(const Said<Real>& from, const Shape& shape, Index images, Real* target) = 0;
    // Forget what was added since the window's start.
    virtual void restart() {}
};

template <class Real>
struct Conv : Op<Real> {
    Convolution own{};
    const Real* weights;

    Conv(Reader& plan, const Real* all) {
        const Index widest = widest_bytes / (Index)sizeof(Real), narrowest = widest / 4;
        this->to.channels = plan.next();
        this->to.space = plan.extent();
        own.to = grid_of(this->to);
        own.groups = (int)plan.next();
        own.inputs = (int)plan.next();
        const Extent kernel = plan.extent();
        own.kernel = size_of(kernel);
        own.stride = size_of(plan.extent());
        own.dilation = size_of(plan.extent());
        own.padding = size_of(plan.extent());
        own.rows = kernel.count() * own.inputs;
        own.outputs = (int)(this->to.channels / own.groups);
        own.vectors = (own.outputs + Vector<Real>::width - 1) / Vector<Real>::width;
        Index left = own.outputs;  // blocks as Weights in gather.h has them
        for (; left >= widest; left -= widest) own.whole_blocks++;
        Index width = left ? widest : 0;
        while (width > narrowest && width / 2 >= left) width /= 2;
        own.last_width = (int)width;
        own.group_size = own.rows * (own.whole_blocks * widest + width);
        weights = all + plan.next();
    }

    void add(const Said<Real>& from, const Shape& shape, Index images, Real* target) override {
        own.from = grid_of(shape);
        const Index threads = images * this->to.space.count() * own.groups * own.vectors;
        const auto kernel = from.ones ? convolve<Real, true> : convolve<Real, false>;
        start(kernel, threads, own, from.words, from.strength, weights, target);
    }
};

// The windows of pooling along three axes, in the GPU's memory.
struct Pool {
    Array<Index> numbers;
    Windows windows{};

    Pool() = default;
    Pool(Reader& plan, const Extent& to, int columns) {
        const Index sizes[3] = {to.z, to.y, to.x}, all = columns * (to.z + to.y + to.x);
        numbers = Array<Index>(all);
        const Index* host = plan.array(all);
        numbers.take(host, 0, all);
        const Index* at = numbers.data();
        for (int axis = 0; axis < 3; axis++) {
            windows.start[axis] = at;
            windows.stop[axis] = at + sizes[axis];
            windows.counted[axis] = at + 2 * sizes[axis];  // where there are three columns
            at += columns * sizes[axis];
        }
    }
};

template <class Real>
struct Average : Op<Real> {
    Pool pool;

    Average(Reader& plan, const Real*) {
        this->to.channels = plan.next();
        this->to.space = plan.extent();
        pool = Pool(plan, this->to.space, 3);
    }
    void add(const Said<Real>& from, const Shape& shape, Index images, Real* target) override {
        const Index threads = images * this->to.size();
        start(average<Real>, threads, grid_of(shape), grid_of(this->to), pool.windows, from.strength, target);
    }
};

template <class Real>
struct MaxPool : Op<Real> {
    Pool pool;
    bool forgets;
    Index sources;
    Array<int64_t> sum, reached;  // as many as images need, made when they are known

    MaxPool(Reader& plan, const Real*) {
        this->to.channels = plan.next();
        this->to.space = plan.extent();
        forgets = plan.next() == 0;
        sources = plan.next();
        pool = Pool(plan, this->to.space, 2);
    }
    void restart() override {
        sum.clear();
        reached.clear();
    }
    void add(const Said<Real>& from, const Shape& shape, Index images, Real* target) override {
        if (sum.size() == 0) {
            sum = Array<int64_t>(images * sources);
            reached = Array<int64_t>(images * this->to.size());
        }
        start(accumulate<Real>, images * sources, forgets, from.strength, sum.data());
        start(maximum<Real>, images * this->to.size(), grid_of(shape), grid_of(this->to), pool.windows, forgets,
              sum.data(), reached.data(), target);
    }
};

template <class Real>
struct Identity : Op<Real> {
    Index stride, before;

    Identity(Reader& plan, const Real*) {
        this->to.channels = plan.next();
        this->to.space = plan.extent();
        stride = plan.next();
        before = plan.next();
    }
    void add(const Said<Real>& from, const Shape& shape, Index images, Real* target) override {
        start(identity<Real>, images * this->to.size(), grid_of(shape), grid_of(this->to), stride, before,
              from.strength, target);
    }
};

template <class Real>
struct Scale : Op<Real> {
    Index next_pixel;
    const Real* factor;

    Scale(Reader& plan, const Real* all) {
        this->to.channels = plan.next();
        this->to.space = plan.extent();
        next_pixel = plan.next();
        factor = all + plan.next();
    }
    void add(const Said<Real>& from, const Shape&, Index images, Real* target) override {
        start(scale<Real>, images * this->to.size(), grid_of(this->to), next_pixel, factor, from.strength, target);
    }
};

template <class Real>
struct Reshape : Op<Real> {
    Reshape(Reader& plan, const Real*) {
        this->to.channels = plan.next();
        this->to.space = plan.extent();
    }
    void add(const Said<Real>& from, const Shape& shape, Index images, Real* target) override {
        start(reshape<Real>, images * this->to.size(), grid_of(shape), grid_of(this->to), from.strength, target);
    }
};

template <class Real>
std::unique_ptr<Op<Real>> make_op(Reader& plan, const Real* weights) {
    switch (plan.next()) {
        case 0: return std::make_unique<Conv<Real>>(plan, weights);
        case 1: return std::make_unique<Average<Real>>(plan, weights);
        case 2: return std::make_unique<Identity<Real>>(plan, weights);
        case 3: return std::make_unique<Scale<Real>>(plan, weights);
        case 4: return std::make_unique<Reshape<Real>>(plan, weights);
        default: return std::make_unique<MaxPool<Real>>(plan, weights);
    }
}

}  // namespace gpu
}  // namespace neurosim
