// Command stubprov is a Terraform provider that has the schema of hashicorp/aws and
// makes nothing. Terraform itself checks the module against the schema, plans it,
// applies it and finds no drift; what AWS would answer is made up, the same each
// time, with names and ARNs as AWS gives them in account 123456789012.
//
// It does not know what the real provider and AWS check besides: values of enums,
// the inside of policies and other JSON, quotas, permissions.
package main

import (
	"log"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"
)

func main() {
	p, err := newProvider()
	if err != nil {
		log.Fatal(err)
	}
	serve := func() tfprotov6.ProviderServer { return p }
	if err := tf6server.Serve("registry.terraform.io/hashicorp/aws", serve); err != nil {
		log.Fatal(err)
	}
}
