// tsx switches source maps on, and Node then reads the map inside every file of the provider bindings, which are larger than
// the code. Imported first, this switches them off before the bindings are loaded: less time and memory for each synthesis.
process.setSourceMapsEnabled(false);
