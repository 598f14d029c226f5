//! Where a map's evidence lies: on few cells or many, in the middle or at the edge. A network that looks at what
//! photos of a class share beside the thing itself, a border or a background, shows it here.

use super::Map;

/// Shares of the sum of a map's positive values; all 0 where there are none.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EvidenceDistribution {
    /// In the quarter of the cells with the highest values: rounded to whole cells, and at least one.
    pub strongest_quarter: f64,
    /// In the outermost ring of cells.
    pub border: f64,
    /// Outside the middle: the centred rectangle of half the width and half the height. Cells that lie partly in it count
    /// by their share of the area.
    pub outside_middle: f64,
    /// What the last two would be if every cell had as much.
    #[serde(rename = "even")]
    pub uniform: Uniform,
}

/// Shares of the area: what a map of one value throughout would have.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Uniform {
    /// Of the outermost ring of cells.
    pub border: f64,
    /// Of what lies outside the middle.
    pub outside_middle: f64,
}

/// Where the positive part of `map` lies.
pub fn evidence_distribution(map: &Map) -> EvidenceDistribution {
    let evidence: Vec<f64> = map.values.iter().map(|&value| f64::from(value.max(0.0))).collect();
    let uniform = vec![1.0; evidence.len()];
    EvidenceDistribution {
        strongest_quarter: strongest_quarter(&evidence),
        border: share(map, &evidence, on_border),
        outside_middle: share(map, &evidence, outside_middle),
        uniform: Uniform {
            border: share(map, &uniform, on_border),
            outside_middle: share(map, &uniform, outside_middle),
        },
    }
}

fn strongest_quarter(evidence: &[f64]) -> f64 {
    let count = ((evidence.len() as f64 / 4.0).round() as usize).max(1);
    let mut sorted = evidence.to_vec();
    sorted.sort_by(|a, b| b.total_cmp(a));
    ratio(sorted.iter().take(count).sum(), evidence.iter().sum())
}

/// The share of the evidence in a part of the map, where `part` says how much of the cell in a row and a column, of so many
/// rows and columns, belongs to it.
fn share(map: &Map, evidence: &[f64], part: fn([usize; 2], [usize; 2]) -> f64) -> f64 {
    let size = [map.height, map.width];
    let inside = evidence
        .iter()
        .enumerate()
        .map(|(cell, value)| value * part([cell / map.width, cell % map.width], size))
        .sum();
    ratio(inside, evidence.iter().sum())
}

fn ratio(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

fn on_border(cell: [usize; 2], size: [usize; 2]) -> f64 {
    let outermost = cell.iter().zip(size).any(|(&index, count)| index == 0 || index + 1 == count);
    f64::from(u8::from(outermost))
}

fn outside_middle(cell: [usize; 2], size: [usize; 2]) -> f64 {
    let inside = |index: usize, count: usize| {
        let (low, high) = (count as f64 / 4.0, count as f64 * 3.0 / 4.0);
        ((index + 1) as f64).min(high) - (index as f64).max(low)
    };
    let [rows, columns] = [0, 1].map(|side| inside(cell[side], size[side]).max(0.0));
    1.0 - rows * columns
}
