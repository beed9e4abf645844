//! The TCP client side: a pooled hyper client as a [`Party`].
