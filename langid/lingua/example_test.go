package lingua_test

import (
	"fmt"

	"github.com/textmill/textmill/langid/lingua"
)

func Example() {
	detector, err := lingua.New(lingua.Options{Languages: []string{"en", "de", "fr"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	// As a stage: &langid.Tag{Detector: detector}
	for _, text := range []string{
		"Der Müller mahlt das Korn, und seine Tochter verkauft das Mehl.",
		"Le meunier moud le grain et sa fille vend la farine.",
		"Ο μυλωνάς αλέθει το σιτάρι.",
	} {
		fmt.Printf("%+v\n", detector.Detect(text))
	}
	// Output:
	// {Language:de Score:1 Method:lingua}
	// {Language:fr Score:0.999 Method:lingua}
	// {Language:el Score:1 Method:script}
}
