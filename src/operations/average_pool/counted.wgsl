// How many cells of a window count along one side of `length` cells. The window begins `begin` cells into the padding before.
fn counted(begin: u32, kernel: u32, before: u32, length: u32, after: u32) -> u32 {
  let end = begin + kernel;
  if (parameters.count_padding != 0u) {
    return min(end, before + length + after) - begin;
  }
  return min(end, before + length) - max(begin, before);
}

// The same of a whole window, as what a value is divided by.
fn divisor(row: u32, column: u32) -> f32 {
  let p = parameters;
  let rows = counted(row * p.stride_down, p.kernel_height, p.padding_top, p.input_height, p.padding_bottom);
  let columns = counted(column * p.stride_across, p.kernel_width, p.padding_left, p.input_width, p.padding_right);
  return f32(rows * columns);
}
