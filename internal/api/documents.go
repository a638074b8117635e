package api

import (
	"mime"
	"net/http"

	"github.com/poise-dev/poise/policies"
)

// maxDocuments bounds the documents put at once, in bytes.
const maxDocuments = 1 << 20

// DocumentRef names a document.
type DocumentRef struct {
	Kind policies.Kind `json:"kind"`
	Name string        `json:"name"`
}

func (a *API) putDocuments(w http.ResponseWriter, r *http.Request) (answer, error) {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		media = ""
	}
	switch media {
	case "application/yaml", "application/x-yaml", "text/yaml", "application/json":
	default:
		w.Header().Set("Accept", "application/yaml, application/json")
		return answer{}, refuse(http.StatusUnsupportedMediaType,
			"content type %q is not known here; send application/yaml or application/json", r.Header.Get("Content-Type"))
	}
	text, err := readBody(w, r, maxDocuments, patience)
	if err != nil {
		return answer{}, err
	}
	docs, err := a.Documents.Put("body", text)
	if err != nil {
		return answer{}, err
	}
	if len(docs) == 0 {
		return answer{}, refuse(http.StatusBadRequest, "the body holds no document")
	}
	refs := make([]DocumentRef, len(docs))
	for i, d := range docs {
		refs[i] = DocumentRef{d.Kind, d.Metadata.Name}
	}
	a.Log.InfoContext(r.Context(), "documents were put", "count", len(refs))
	return ok(map[string]any{"documents": refs})
}

func (a *API) deleteDocument(_ http.ResponseWriter, r *http.Request) (answer, error) {
	ref := DocumentRef{policies.Kind(r.PathValue("kind")), r.PathValue("name")}
	if err := a.Documents.Delete(ref.Kind, ref.Name); err != nil {
		return answer{}, err
	}
	a.Log.InfoContext(r.Context(), "a document was deleted", "kind", string(ref.Kind), "name", ref.Name)
	return ok(map[string]any{"deleted": ref})
}
