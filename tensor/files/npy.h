// NumPy's .npy files, one array each: np.save and np.load on the other side.
//
//     write_npy("x.npy", x);
//     Tensor y = read_npy("y.npy");
//
// A file is the mark "\x93NUMPY", two bytes of version, the length of the header (two bytes, from version 2 on four),
// the header, which is a Python dictionary such as
//
//     {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }
//
// padded with blanks, and the elements. Source: "NEP 1, A simple file format for NumPy arrays".
#pragma once

#include <string>

#include "tensor/tensor.h"

namespace gradus {

/// The array as a tensor of its dtype: versions 1.0 to 3.0, either byte order, row- or column-major (a row-major tensor
/// in both cases). Error for a dtype that Gradus does not have, and for whatever is not such a file.
Tensor read_npy(const std::string& path);
/// The same of bytes that are in memory; `source` names them in messages.
Tensor parse_npy(std::string bytes, const std::string& source);

/// Writes version 1.0. The file is replaced whole or, on an Error, not at all.
void write_npy(const std::string& path, const Tensor& x);

}  // namespace gradus
