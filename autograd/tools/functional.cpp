#include "autograd/tools/functional.h"

#include "tensor/create.h"
#include "tensor/indexing.h"

namespace gradus::autograd {
namespace {

/// The inputs for f. All require grad, and each is a separate tensor: if one was computed from another, it
/// must not count twice.
variable_list separate(const variable_list& x, bool create_graph) {
  variable_list own;
  for (const Tensor& input : x) {
    check(input.is_floating_point(), "only functions of floating-point tensors have derivatives, not of ",
          input.dtype());
    own.push_back(create_graph && input.requires_grad() ? input.view(input.sizes())
                                                        : input.detach().requires_grad_());
  }
  return own;
}

/// vᵀJ of the recorded result y. It is zeros for inputs that y does not depend on.
variable_list pull_back(const Tensor& y, const variable_list& x, const Tensor& v, bool create_graph) {
  variable_list gradients(x.size());
  if (y.requires_grad())
    gradients = grad(y, x, v, /*retain_graph=*/true, create_graph, /*allow_unused=*/true);
  for (size_t i = 0; i < x.size(); ++i)
    if (!gradients[i].defined()) gradients[i] = zeros_like(x[i]);
  return gradients;
}

/// The result for the caller: without its graph, unless create_graph asks for it.
Tensor finished(const Tensor& y, bool create_graph) { return create_graph ? y : y.detach(); }

variable_list gradient(const char* op, const Tensor& y, const variable_list& x) {
  check(y.numel() == 1, op, ": f must return one element, not ", text(y.sizes()));
  return pull_back(y, x, ones_like(y), /*create_graph=*/true);
}

/// Σᵢ <aᵢ, vᵢ>
Tensor inner_product(const char* op, const variable_list& a, const variable_list& v) {
  check(a.size() == v.size(), op, ": ", a.size(), " inputs but ", v.size(), " vectors");
  Tensor total;
  for (size_t i = 0; i < a.size(); ++i) {
    check(a[i].sizes() == v[i].sizes(), op, ": v is ", text(v[i].sizes()), " for an input of shape ",
          text(a[i].sizes()));
    const Tensor part = (a[i] * v[i]).sum();
    total = total.defined() ? total + part : part;
  }
  return total;
}

FunctionOfSeveral of_list(const FunctionOfOne& f) {
  return [&f](const variable_list& x) { return f(x[0]); };
}

std::pair<Tensor, Tensor> single(std::pair<Tensor, variable_list> result) {
  return {std::move(result.first), std::move(result.second[0])};
}

}  // namespace

std::pair<Tensor, variable_list> vjp(const FunctionOfSeveral& f, const variable_list& x, const Tensor& v,
                                     bool create_graph) {
  const AutoGradMode recording(true);
  const variable_list own = separate(x, create_graph);
  const Tensor y = f(own);
  check(v.sizes() == y.sizes(), "vjp: v is ", text(v.sizes()), ", but f(x) is ", text(y.sizes()));
  return {finished(y, create_graph), pull_back(y, own, v, create_graph)};
}

std::pair<Tensor, Tensor> jvp(const FunctionOfSeveral& f, const variable_list& x, const variable_list& v,
                              bool create_graph) {
  const AutoGradMode recording(true);
  const variable_list own = separate(x, create_graph);
  const Tensor y = f(own), u = zeros_like(y).requires_grad_();
  const Tensor along_v = inner_product("jvp", pull_back(y, own, u, /*create_graph=*/true), v);  // uᵀJ v
  return {finished(y, create_graph), pull_back(along_v, {u}, Tensor(), create_graph)[0]};
}

variable_list jacobian(const FunctionOfSeveral& f, const variable_list& x, bool create_graph) {
  const AutoGradMode recording(true);
  const variable_list own = separate(x, create_graph);
  const Tensor y = f(own);
  std::vector<variable_list> rows(x.size());  // of each input's Jacobian
  for (int64_t i = 0; i < y.numel(); ++i) {
    const Tensor unit = zeros({y.numel()}, y.options());
    unit[i] = 1;
    const variable_list row = pull_back(y, own, unit.view(y.sizes()), create_graph);
    for (size_t k = 0; k < x.size(); ++k) rows[k].push_back(row[k]);
  }
  variable_list jacobians;
  for (size_t k = 0; k < x.size(); ++k) {
    Shape shape(y.sizes());
    for (const int64_t size : x[k].sizes()) shape.push_back(size);
    jacobians.push_back(rows[k].empty() ? zeros(shape, x[k].options()) : stack(rows[k]).view(shape));
  }
  return jacobians;
}

std::vector<variable_list> hessian(const FunctionOfSeveral& f, const variable_list& x, bool create_graph) {
  std::vector<variable_list> rows;
  for (size_t i = 0; i < x.size(); ++i)
    rows.push_back(jacobian([&](const variable_list& own) { return gradient("hessian", f(own), own)[i]; }, x,
                            create_graph));
  return rows;
}

std::pair<Tensor, variable_list> hvp(const FunctionOfSeveral& f, const variable_list& x,
                                     const variable_list& v, bool create_graph) {
  const AutoGradMode recording(true);
  const variable_list own = separate(x, create_graph);
  const Tensor y = f(own), slope = inner_product("hvp", gradient("hvp", y, own), v);
  return {finished(y, create_graph), pull_back(slope, own, Tensor(), create_graph)};
}

std::pair<Tensor, Tensor> vjp(const FunctionOfOne& f, const Tensor& x, const Tensor& v, bool create_graph) {
  return single(vjp(of_list(f), variable_list{x}, v, create_graph));
}
std::pair<Tensor, Tensor> jvp(const FunctionOfOne& f, const Tensor& x, const Tensor& v, bool create_graph) {
  return jvp(of_list(f), variable_list{x}, variable_list{v}, create_graph);
}
Tensor jacobian(const FunctionOfOne& f, const Tensor& x, bool create_graph) {
  return jacobian(of_list(f), variable_list{x}, create_graph)[0];
}
Tensor hessian(const FunctionOfOne& f, const Tensor& x, bool create_graph) {
  return hessian(of_list(f), variable_list{x}, create_graph)[0][0];
}
std::pair<Tensor, Tensor> hvp(const FunctionOfOne& f, const Tensor& x, const Tensor& v, bool create_graph) {
  return single(hvp(of_list(f), variable_list{x}, variable_list{v}, create_graph));
}

}  // namespace gradus::autograd
