// Package strict reads YAML and JSON into Go structs and says everything that
// is wrong with a text at once, each problem with line, column and field path.
//
// The struct is the only description. Its tags say what a text may hold, and
// the same tags make the JSON Schema that editors use:
//
//	yaml:"name"        the field's name; ",inline" flattens an embedded struct
//	required:"true"    the field must be written
//	enum:"a,b"         the texts allowed
//	min:"1" max:"9"    bounds of a whole number
//	later:"a release"  understood and checked, but refused as not available yet
//	doc:"…"            what the field means
//
// A text becomes nodes, and nodes become values:
//
//	Read(text)      →  []*Node          one for each document that is not empty
//	Node.Decode(&v) →  where, problems  all of them, and where every field was written
//	Describe(v)     →  *Schema          JSON Schema, draft 2020-12
//	Encode(v)       →  text             JSON that Decode reads back to the same value
//
// It reads a part of YAML 1.2 on purpose: no tags, no merge keys, no
// directives; true and false are the only booleans; numbers are decimal; an
// empty value is an error, not a default. Whatever is read costs time and
// memory in proportion to the size of the text, which is bounded by [MaxBytes].
package strict
