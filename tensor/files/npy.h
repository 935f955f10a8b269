// NumPy's .npy files, one array each. Python writes and reads them with np.save and np.load.
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

/// The array as a row-major tensor of its dtype. The file may have version 1.0 to 3.0, either byte order, be row- or
/// column-major, and come from Python 2. Error for a dtype that Gradus does not have, and for a file in another format.
Tensor read_npy(const std::string& path);
/// read_npy for bytes in memory; `source` names them in messages.
Tensor parse_npy(std::string bytes, const std::string& source);

/// Writes version 1.0. The file is replaced whole or, on an Error, not at all.
void write_npy(const std::string& path, const Tensor& x);

}  // namespace gradus
