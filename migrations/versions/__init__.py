"""One file per migration, applied in the order of `down_revision`."""
