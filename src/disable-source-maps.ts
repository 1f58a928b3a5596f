// tsx enables source maps, and Node then parses the inline map of each file of the provider bindings, which is larger
// than the code. Import this file first: it disables source maps before the bindings are loaded, which saves time and
// memory in each synthesis.
process.setSourceMapsEnabled(false);
