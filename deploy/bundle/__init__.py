"""Makes one archive from which a machine without network installs everything: `make bundle`."""
