//! Each method's formula by hand, on numbers small enough to follow.

use gradcam::cam::{Map, Method, map};
use gradcam::engine::FeatureMaps;
use gradcam::network::Shape;

/// Two feature maps of 1 × 2 cells.
fn maps(values: [f32; 4]) -> FeatureMaps {
    FeatureMaps { shape: Shape::new(2, 1, 2), values: values.to_vec() }
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
fn methods_are_found_by_name() {
    for method in Method::ALL {
        assert_eq!(method.name().parse(), Ok(method));
    }
    assert!("Grad-CAM".parse::<Method>().is_err());
}

#[test]
fn a_map_knows_its_peak_and_whether_it_is_blank() {
    let map = Map { width: 2, height: 2, values: vec![-1.0, 2.0, 2.0, 0.0] };
    let peak = map.peak();
    assert_eq!((peak.row, peak.column, peak.value), (0, 1, 2.0));
    assert_eq!((map.minimum(), map.maximum(), map.is_blank()), (-1.0, 2.0, false));
    assert!(Map { values: vec![-1.0, 0.0, -0.5, -2.0], ..map }.is_blank());
}
