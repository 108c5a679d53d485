package main

import (
	"cmp"
	"os"
	"regexp"
	"slices"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/edgetoken/edgetoken/host/config"
)

// configFlags are the flags that set a value of the configuration, each under the name of its key.
var configFlags = []string{"data", "listen", "engine"}

// engines are the values of --engine.
var engines = []string{"wasm", "wasm-full", "native"}

// rootCommand is the command line. Every command is declared as cobra wants it, so their declarations look alike:
// texts, arguments, what runs.
func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "edgetoken",
		Short: "a token service, wire-compatible with djangorestframework-simplejwt",
		Long: "edgetoken issues and checks JSON Web Tokens over the HTTP API of Django REST framework with " +
			"djangorestframework-simplejwt.\n\n" +
			"The configuration comes from edgetoken.yaml, then EDGETOKEN_* environment variables, then flags (see " +
			"edgetoken config --help).\n" +
			"The exit status is 0 when all was done, 1 when something was refused or failed, 2 when the command " +
			"line or the configuration is wrong.",
		Example: `  edgetoken demo                                   a working node in a temporary directory
  edgetoken serve --data /var/lib/edgetoken        a node
  edgetoken customers add ana@example.com          a customer, with a password from a prompt
  edgetoken token explain - < token.txt            why a token is refused, step by step
  edgetoken token revoke - < token.txt             end the log-in that it descends from`,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetOut(os.Stdout)
	addVersionFlag(root)
	root.PersistentFlags().String("config", "", "configuration file (default edgetoken.yaml where there is one)")
	root.PersistentFlags().String("data", "", `data directory (default "data")`)
	root.SetFlagErrorFunc(flagError)
	root.PersistentPreRunE = checkTexts
	root.AddCommand(demoCommand(), serveCommand(), reloadCommand(), customersCommand(), tokenCommand(), keysCommand(),
		bundleCommand(), backupCommand(), restoreCommand(), checkCommand(), compactCommand(), clockCommand(),
		factsCommand(), fleetCommand(), configCommand(), versionCommand(), hashCommand())
	group(root)
	complete(root)
	return root
}

// commandName matches what may be meant as the name of a command.
var commandName = regexp.MustCompile(`^[a-z][a-z-]{0,23}$`)

// group has each command with commands below it say so when none of them is called, unless it does something itself.
func group(c *cobra.Command) {
	for _, below := range c.Commands() {
		group(below)
	}
	if !c.HasSubCommands() || c.RunE != nil {
		return
	}
	c.Args = cobra.ArbitraryArgs
	c.RunE = func(c *cobra.Command, args []string) error {
		if len(args) > 0 {
			if !commandName.MatchString(args[0]) { // such as a token, which does not belong on a screen
				return misusef("%s has no such command; see %[1]s --help", c.CommandPath())
			}
			return misusef("%s has no command %q; see %[1]s --help", c.CommandPath(), args[0])
		}
		return misusef("%s needs a command; see %[1]s --help", c.CommandPath())
	}
}

// pathFlags take names of files, which need not be UTF-8.
var pathFlags = []string{
	"bundle", "config", "data", "json", "out", "output", "passphrase-file", "root", "secret-file",
}

// checkTexts refuses what is not UTF-8 on the command line: JSON would send it as another text.
func checkTexts(c *cobra.Command, args []string) (err error) {
	c.Flags().Visit(func(f *pflag.Flag) {
		if !slices.Contains(pathFlags, f.Name) && !utf8.ValidString(f.Value.String()) {
			err = misusef("--%s is not UTF-8", f.Name)
		}
	})
	for _, a := range args {
		if !slices.Contains(takesFile, c.Name()) && !utf8.ValidString(a) {
			err = misusef("the argument %q is not UTF-8", a)
		}
	}
	return err
}

// wants refuses any other number of arguments than n.
func wants(n int) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) != n {
			return misusef("wrong number of arguments: %d; usage: %s", len(args), c.UseLine())
		}
		return nil
	}
}

// addJSON adds --json to a command that prints data.
func addJSON(c *cobra.Command) *cobra.Command {
	c.Flags().Bool("json", false, "print JSON")
	return c
}

// wantsJSON reports whether --json was given.
func wantsJSON(c *cobra.Command) bool {
	v, _ := c.Flags().GetBool("json")
	return v
}

// loadConfig reads the configuration of a command. more are values that the command itself decides.
func loadConfig(c *cobra.Command, more ...config.Flag) (*config.Config, error) {
	path, _ := c.Flags().GetString("config")
	path = cmp.Or(path, os.Getenv(config.FileVariable))
	return config.Load(config.Sources{
		File:       cmp.Or(path, "edgetoken.yaml"),
		FileNeeded: path != "",
		Environ:    os.Environ(),
		Flags:      append(givenFlags(c), more...),
	})
}

// givenFlags are the values of the configuration that the command line gives.
func givenFlags(c *cobra.Command) []config.Flag {
	var flags []config.Flag
	c.Flags().Visit(func(f *pflag.Flag) {
		if slices.Contains(configFlags, f.Name) {
			flags = append(flags, config.Flag{Key: f.Name, Value: f.Value.String()})
		}
	})
	return flags
}
