//! Each method's formula by hand, on numbers small enough to follow.

mod support;

use gradcam::cam::{
    Map, Method, Uniform, along_path, eigen_cam, evidence_distribution, fuse, guided_grad_cam, largest_magnitude,
    map,
};
use gradcam::engine::FeatureMaps;
use gradcam::network::MapShape;
use support::random::signed;

/// Two feature maps of 1 × 2 cells.
fn maps(values: [f32; 4]) -> FeatureMaps {
    FeatureMaps { shape: MapShape::new(2, 1, 2), values: values.to_vec() }
}

fn check(method: Method, expected: [f32; 2]) {
    let activation = maps([1.0, 3.0, 2.0, 0.0]);
    let gradient = maps([0.5, -1.0, 2.0, 1.0]);
    let found = map(method, &activation, &gradient).values;
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() < 1e-6, "{method:?}: {found} {expected}");
    }
}

#[test]
fn grad_cam_weights_by_the_mean_gradient() {
    // Means −0.25 and 1.5.
    check(Method::GradCam, [-0.25 + 3.0, -0.75]);
}

#[test]
fn hires_cam_multiplies_element_by_element() {
    check(Method::HiResCam, [0.5 + 4.0, -3.0]);
}

#[test]
fn layer_cam_leaves_negative_gradients_out() {
    check(Method::LayerCam, [0.5 + 4.0, 0.0]);
}

#[test]
fn xgrad_cam_weights_by_normalised_relevance() {
    // (0.5 − 3) / 4 and 4 / 2.
    check(Method::XGradCam, [-0.625 + 4.0, -1.875]);
}

#[test]
fn grad_cam_plus_plus_weights_by_alpha() {
    // Sums of activations 4 and 2: α relu(g) = 0.5/(2 + 2) and 2/(2 + 4) + 1/(2 + 2).
    let (first, second) = (0.125, 2.0 / 6.0 + 0.25);
    check(Method::GradCamPlusPlus, [first + 2.0 * second, 3.0 * first]);
}

#[test]
fn a_feature_map_of_zeros_says_nothing() {
    let zeros = maps([0.0; 4]);
    let gradient = maps([0.5, -1.0, 2.0, 1.0]);
    for method in Method::ALL {
        assert_eq!(map(method, &zeros, &gradient).values, [0.0, 0.0], "{method:?}");
    }
}

#[test]
fn a_map_knows_its_peak_and_whether_it_is_blank() {
    let map = Map { width: 2, height: 2, values: vec![-1.0, 2.0, 2.0, 0.0] };
    let peak = map.peak();
    assert_eq!((peak.row, peak.column, peak.value), (0, 1, 2.0));
    assert_eq!((map.minimum(), map.maximum(), map.is_blank()), (-1.0, 2.0, false));
    assert!(Map { values: vec![-1.0, 0.0, -0.5, -2.0], ..map }.is_blank());
}

fn feature_maps(shape: MapShape, values: &[f32]) -> FeatureMaps {
    FeatureMaps { shape, values: values.to_vec() }
}

fn close(found: &[f32], expected: &[f32]) {
    assert_eq!(found.len(), expected.len());
    for (a, b) in found.iter().zip(expected) {
        assert!((a - b).abs() < 1e-6, "{found:?} {expected:?}");
    }
}

#[test]
fn eigen_cam_projects_on_the_first_principal_component() {
    let root = 5.0_f32.sqrt();
    // Along (1, 2) / √5, from (2, 4) as the mean; upwards as the sum of the maps.
    let rising = feature_maps(MapShape::new(2, 1, 3), &[1.0, 2.0, 3.0, 2.0, 4.0, 6.0]);
    close(&eigen_cam(&rising).values, &[-root, 0.0, root]);
    let falling = feature_maps(MapShape::new(2, 1, 3), &[3.0, 2.0, 1.0, 6.0, 4.0, 2.0]);
    close(&eigen_cam(&falling).values, &[root, 0.0, -root]);
    // More feature maps than cells.
    let many = feature_maps(MapShape::new(3, 2, 1), &[1.0, 3.0, 0.0, 4.0, 5.0, 5.0]);
    close(&eigen_cam(&many).values, &[-root, root]);
    // One map varies most by itself, 18 against 16, but two that agree vary more together.
    let together = feature_maps(
        MapShape::new(3, 2, 2),
        &[3.0, 0.0, 0.0, -3.0, 0.0, 8.0_f32.sqrt(), -(8.0_f32.sqrt()), 0.0, 0.0, 2.0, -2.0, 0.0],
    );
    close(&eigen_cam(&together).values, &[0.0, 12.0_f32.sqrt(), -(12.0_f32.sqrt()), 0.0]);
    // Nothing varies.
    let flat = feature_maps(MapShape::new(2, 1, 2), &[3.0, 3.0, 1.0, 1.0]);
    assert_eq!(eigen_cam(&flat).values, [0.0, 0.0]);
}

/// The component's defining property: the projections are an eigenvector of the cells' Gram matrix, their squared norm its
/// eigenvalue, and what is left without them has none that is larger.
#[test]
fn no_direction_varies_more_than_the_first_principal_component() {
    for shape in [MapShape::new(7, 9, 8), MapShape::new(40, 4, 5), MapShape::new(6, 2, 3), MapShape::new(1, 3, 3)]
    {
        let activation = feature_maps(shape, &signed("activation", shape.len()));
        let found: Vec<f64> = eigen_cam(&activation).values.iter().copied().map(f64::from).collect();
        let centred: Vec<Vec<f64>> = activation
            .channels()
            .map(|channel| {
                let mean = channel.iter().copied().map(f64::from).sum::<f64>() / shape.area() as f64;
                channel.iter().map(|&value| f64::from(value) - mean).collect()
            })
            .collect();
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let by_gram = |vector: &[f64]| {
            let mut product = vec![0.0; vector.len()];
            for channel in &centred {
                let weight = dot(channel, vector);
                product.iter_mut().zip(channel).for_each(|(sum, value)| *sum += weight * value);
            }
            product
        };
        let eigenvalue = dot(&found, &found);
        for (product, value) in by_gram(&found).iter().zip(&found) {
            assert!((product - eigenvalue * value).abs() < 1e-5 * eigenvalue.powf(1.5), "{shape:?}");
        }
        // The largest eigenvalue of the rest, by many steps from a start of its own.
        let mut rest: Vec<f64> = signed("start", shape.area()).iter().copied().map(f64::from).collect();
        let mut second = 0.0;
        for _ in 0..500 {
            let share = dot(&rest, &found) / eigenvalue;
            rest.iter_mut().zip(&found).for_each(|(value, first)| *value -= share * first);
            rest = by_gram(&rest);
            second = dot(&rest, &rest).sqrt();
            if second > 0.0 {
                rest.iter_mut().for_each(|value| *value /= second);
            }
        }
        assert!(second <= eigenvalue * (1.0 + 1e-6), "{shape:?}: {second} {eigenvalue}");
        let total: Vec<f64> =
            (0..shape.area()).map(|cell| centred.iter().map(|channel| channel[cell]).sum()).collect();
        assert!(dot(&found, &total) >= 0.0, "the sign of the sum of all feature maps");
    }
}

#[test]
fn fused_maps_are_the_largest_of_all_with_shallow_ones_raised() {
    let shallow = Map { width: 2, height: 2, values: vec![-3.0, 1.0, 2.0, 4.0] };
    let blank = Map { width: 1, height: 1, values: vec![-1.0] };
    let deep = Map { width: 2, height: 2, values: vec![4.0, -1.0, 0.0, 2.0] };
    // Shares 0, ¼, ½, 1 through tanh(2 ·), and 1, 0, 0, ½.
    let expected = [1.0, 0.5_f32.tanh(), 1.0_f32.tanh(), 2.0_f32.tanh()];
    close(&fuse(&[shallow.clone(), blank.clone(), deep], 2, 2).values, &expected);
    let one = Map { width: 1, height: 1, values: vec![7.0] };
    close(&fuse(&[one], 2, 1).values, &[1.0, 1.0]);
    close(&fuse(&[blank], 1, 1).values, &[0.0]);
}

#[test]
fn gradients_at_the_input_become_a_value_for_each_pixel() {
    let gradient = maps([0.5, -1.0, -2.0, 0.25]);
    close(&largest_magnitude(&gradient).values, &[2.0, 1.0]);
    assert!(!largest_magnitude(&maps([f32::NAN, 1.0, 2.0, 1.0])).is_finite());
    // (3 − 1) · 0.5 + (0 − 1) · −2, and (1 − 1) · −1 + (5 − 1) · 0.25.
    let path = along_path(&[3.0, 1.0, 0.0, 5.0], &[1.0; 4], &gradient);
    close(&path.values, &[3.0, 1.0]);
    let grad_cam = Map { width: 2, height: 1, values: vec![2.0, -1.0] };
    let guided = Map { width: 4, height: 1, values: vec![1.0, 4.0, 4.0, 9.0] };
    // Weights 2, 1.5, 0.5 and 0: products 2, 6, 2, 0.
    close(&guided_grad_cam(&grad_cam, &guided).values, &[2.0 / 6.0, 1.0, 2.0 / 6.0, 0.0]);
    let blank = Map { width: 1, height: 1, values: vec![-1.0] };
    close(&guided_grad_cam(&blank, &guided).values, &[0.0; 4]);
}

fn only(width: usize, height: usize, cells: &[(usize, usize, f32)]) -> Map {
    let mut values = vec![0.0; width * height];
    for &(row, column, value) in cells {
        values[row * width + column] = value;
    }
    Map { width, height, values }
}

#[test]
fn the_distribution_says_where_the_evidence_lies() {
    let corner = evidence_distribution(&only(4, 4, &[(0, 3, 2.0), (2, 2, -9.0)]));
    assert_eq!((corner.strongest_quarter, corner.border, corner.outside_middle), (1.0, 1.0, 1.0));
    assert_eq!(corner.uniform, Uniform { border: 12.0 / 16.0, outside_middle: 0.75 });
    let centre = evidence_distribution(&only(7, 7, &[(3, 3, 0.1)]));
    assert_eq!((centre.strongest_quarter, centre.border, centre.outside_middle), (1.0, 0.0, 0.0));
    assert_eq!(centre.uniform, Uniform { border: 24.0 / 49.0, outside_middle: 0.75 });
    // The middle of seven cells goes from 1.75 to 5.25: a quarter of a cell in row 1, a sixteenth where column 5 meets it.
    assert_eq!(evidence_distribution(&only(7, 7, &[(1, 3, 1.0)])).outside_middle, 0.75);
    assert_eq!(
        evidence_distribution(&only(7, 7, &[(1, 5, 1.0), (3, 3, 1.0)])).outside_middle,
        (15.0 / 16.0) / 2.0
    );
    // Not square: the middle is half of each of the two columns, in the two rows in the middle of four.
    let wide = evidence_distribution(&only(2, 4, &[(0, 0, 1.0), (1, 0, 1.0), (3, 1, 2.0)]));
    assert_eq!((wide.border, wide.outside_middle), (1.0, 0.25 + 0.125 + 0.5));
    // A quarter of 2, 9, 10 and 49 cells: 1, 2, 3 and 12.
    let quarter = |width, height| {
        let values = vec![1.0; width * height];
        evidence_distribution(&Map { width, height, values }).strongest_quarter
    };
    assert_eq!([quarter(2, 1), quarter(3, 3), quarter(5, 2), quarter(7, 7)], [0.5, 2.0 / 9.0, 0.3, 12.0 / 49.0]);
    assert_eq!(
        evidence_distribution(&only(2, 2, &[(0, 0, 1.0), (0, 1, 4.0), (1, 0, 3.0)])).strongest_quarter,
        0.5
    );
    let blank = evidence_distribution(&Map { width: 4, height: 4, values: vec![-1.0; 16] });
    assert_eq!((blank.strongest_quarter, blank.border, blank.outside_middle), (0.0, 0.0, 0.0));
}
