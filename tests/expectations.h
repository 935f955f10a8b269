// Helpers of several test programs for expected errors.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "kernels/error.h"

/// Expects that the statement throws gradus::Error, and that the message contains the text. This is a macro
/// so that it can take a statement, and so that a failure names the line of the test.
#define EXPECT_ERROR(statement, text)                                        \
  try {                                                                      \
    statement;                                                               \
    ADD_FAILURE() << #statement << " raised no error, expected: " << (text); \
  } catch (const gradus::Error& error) {                                     \
    EXPECT_NE(std::string(error.what()).find(text), std::string::npos)       \
        << "the error says: " << error.what();                               \
  }

/// The message of the Error that the statement throws, or "no error".
template <class Statement>
std::string error_of(const Statement& statement) {
  try {
    statement();
  } catch (const gradus::Error& error) {
    return error.what();
  }
  return "no error";
}
