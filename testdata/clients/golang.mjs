// The Go client in a module of its own, with the lines of docs/clients.md.
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { same } from "../browser/check.mjs";
import { password } from "../browser/node.mjs";
import { block } from "./documents.mjs";
import { root } from "./servers.mjs";

// program has the lines in a program that ends where one of them fails.
const program = (lines) => `package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/edgetoken/edgetoken/host/client"
)

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func main() {
	ctx, home, password := context.Background(), os.Args[1], ${JSON.stringify(password)}
	log.SetFlags(0)
	log.SetOutput(os.Stdout)
	${lines.replace(/^(.*\berr :?= .*[^{]|\}\))$/gm, "$1\nmust(err)")}
	fmt.Println(answer.Status)
}
`;

export const golang = {
  async "the lines for Go, in an empty module"({ node }) {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "edgetoken-go-"));
    const env = { ...process.env, GOFLAGS: "-mod=mod", GOWORK: "off", CGO_ENABLED: "0" };
    const goFor = (system) => (...args) => execFileSync("go", args, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], env: { ...env, ...system } });
    const go = goFor({});
    try {
      go("mod", "init", "shop.example/program");
      go("mod", "edit", "-require=github.com/edgetoken/edgetoken@v0.0.0", `-replace=github.com/edgetoken/edgetoken=${root}`);
      fs.writeFileSync(path.join(folder, "main.go"), program(block("Go", node.origin)));
      go("build", "-o", "program", ".");
      for (const GOOS of ["windows", "darwin"]) goFor({ GOOS })("build", "-o", os.devNull, ".");
      const said = execFileSync(path.join(folder, "program"), [folder], { encoding: "utf8" });
      same("program", said, "logged out: asked \n200 OK\n");
      same("files", fs.readdirSync(path.join(folder, ".shop")), ["session.lock"]);
      const modules = go("list", "-deps", "-f", "{{with .Module}}{{.Path}}{{end}}", ".").trim().split("\n");
      same("modules", [...new Set(modules.filter((m) => m !== "shop.example/program"))].sort(),
        ["github.com/edgetoken/edgetoken", "github.com/gofrs/flock", "golang.org/x/sys"]);
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  },
};
