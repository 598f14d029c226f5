//! Names of tensors: a network that was part of another, when it was saved, keeps its place there before every name.

use super::error::WeightsError;
use super::tensor::Tensor;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Tensors by their names.
pub(super) type Tensors<'bytes> = BTreeMap<Cow<'bytes, str>, Tensor<'bytes>>;

/// The tensors by their names in the network itself, every one of which has a tensor `anchor`: what stands before its name,
/// up to a dot, stands before the others. Names that lack the prefix stay as they are: it may be the network without its
/// head that was part of another.
pub(super) fn without_prefix<'bytes>(
    tensors: &Tensors<'bytes>,
    anchor: &str,
) -> Result<Tensors<'bytes>, WeightsError> {
    let ambiguous = |first: &str, second: &str| {
        let [first, second] = [first, second].map(str::to_string);
        Err(WeightsError::Ambiguous { first, second })
    };
    let anchors: Vec<&str> =
        tensors.keys().map(|name| &**name).filter(|name| prefix(name, anchor).is_some()).collect();
    let prefix = match *anchors {
        [] => "",
        [found] => prefix(found, anchor).unwrap_or_default(),
        [first, second, ..] => return ambiguous(first, second),
    };
    let mut named: BTreeMap<Cow<'bytes, str>, &Tensor<'bytes>> = BTreeMap::new();
    for (name, tensor) in tensors {
        let has_prefix = name.starts_with(prefix);
        let own_name = match name {
            _ if !has_prefix => name.clone(),
            Cow::Borrowed(name) => Cow::Borrowed(&name[prefix.len()..]),
            Cow::Owned(name) => Cow::Owned(name[prefix.len()..].to_string()),
        };
        if named.contains_key(&own_name) {
            return ambiguous(&own_name, &format!("{prefix}{own_name}"));
        }
        named.insert(own_name, tensor);
    }
    Ok(named.into_iter().map(|(name, tensor)| (name, tensor.clone())).collect())
}

/// What stands before the anchor in its own name.
fn prefix<'name>(name: &'name str, anchor: &str) -> Option<&'name str> {
    name.strip_suffix(anchor).filter(|prefix| prefix.is_empty() || prefix.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::super::tensor::{DataType, Float};
    use super::*;

    fn names(given: &[&str]) -> Result<Vec<String>, WeightsError> {
        let tensor = Tensor::contiguous(DataType::Float(Float::F32), vec![0], &[]).expect("a tensor of nothing");
        let tensors = given.iter().map(|&name| (Cow::Borrowed(name), tensor.clone())).collect();
        Ok(without_prefix(&tensors, "layer1.0.conv1.weight")?.into_keys().map(Cow::into_owned).collect())
    }

    #[test]
    fn a_prefix_goes_where_it_is() {
        let expected = vec!["fc.weight", "layer1.0.conv1.weight", "other.weight"];
        let found = names(&["module.layer1.0.conv1.weight", "module.fc.weight", "other.weight"]);
        assert_eq!(found.expect("one network"), expected);
        let found = names(&["a.b.layer1.0.conv1.weight", "fc.weight", "a.b.other.weight"]);
        assert_eq!(found.expect("one network"), expected);
        assert_eq!(names(&expected).expect("one network"), expected);
    }

    #[test]
    fn without_the_anchor_or_its_dot_nothing_goes() {
        for name in ["module.conv1.weight", "mylayer1.0.conv1.weight", "layer1.0.conv1.weight_orig"] {
            assert_eq!(names(&[name]).expect("no network"), [name]);
        }
    }

    #[test]
    fn two_networks_are_refused_by_name() {
        for given in [
            ["net.layer1.0.conv1.weight", "ema.layer1.0.conv1.weight"].as_slice(),
            &["layer1.0.conv1.weight", "ema.layer1.0.conv1.weight"],
        ] {
            let error = names(given).expect_err("two networks").to_string();
            assert!(given.iter().all(|name| error.contains(&format!("“{name}”"))), "{error}");
        }
        let error =
            names(&["m.layer1.0.conv1.weight", "m.fc.bias", "fc.bias"]).expect_err("two heads").to_string();
        assert!(error.contains("“m.fc.bias”") && error.contains("“fc.bias”"), "{error}");
    }
}
