package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/edgetoken/edgetoken/host/admin"
	"github.com/edgetoken/edgetoken/host/config"
	"github.com/edgetoken/edgetoken/host/datadir"
	"github.com/edgetoken/edgetoken/host/service"
	"github.com/edgetoken/edgetoken/store"
)

// resealView is what reseal prints.
type resealView struct {
	Keys   int    `json:"keys"`   // private keys that are sealed anew
	Secret string `json:"secret"` // where the new node secret is
	Next   string `json:"next"`   // what to do before the node starts; empty: nothing
}

func keysResealCommand() *cobra.Command {
	var file string
	c := &cobra.Command{
		Use:   "reseal",
		Short: "change the node secret, under which private keys are sealed",
		Long: "reseal seals all private keys in the store under another node secret, and rewrites the store file, so " +
			"that nothing in it opens with the old one. No node may run.\n" +
			"The new secret is a random one in keys.secret of the data directory, or that of --secret-file, of at " +
			"least 32 bytes. What interrupts it changes nothing, or it is done once the node starts.\n" +
			"Whoever has the old secret and a copy of the old store has the keys all the same: then make other keys, " +
			"and retire those.",
		Example: `  edgetoken keys reseal --data /var/lib/edgetoken
  (umask 077; openssl rand -base64 32 > new.secret) && edgetoken keys reseal --secret-file new.secret`,
		Args: func(c *cobra.Command, args []string) error {
			if c.Flags().Changed("secret-file") && file == "" {
				return misusef("--secret-file is empty: name a file, or leave it out for a new secret")
			}
			return wants(0)(c, args)
		},
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := loadConfig(c)
			if err != nil {
				return err
			}
			v, err := reseal(c, cfg, file)
			if err != nil {
				return err
			}
			return printResealed(c, v)
		},
	}
	c.Flags().StringVar(&file, "secret-file", "", "take the new secret from this `FILE`")
	return addJSON(c)
}

func reseal(c *cobra.Command, cfg *config.Config, file string) (v resealView, err error) {
	dir := datadir.Of(cfg)
	if client, err := dialAdmin(cfg); err != nil {
		return v, err
	} else if client != nil {
		return v, errors.Join(refuseRunning(c.Context(), client, dir), client.Close())
	}
	datadir.PrivateFiles()
	v = resealView{Secret: dir.Secret()}
	switch before := dir.SecretSource(); {
	case file != "":
		if _, err := dir.SecretFrom(file); err != nil {
			return v, err
		}
		v.Secret = datadir.Absolute(file)
		v.Next = fmt.Sprintf("configure it before the node starts: keys.secret_FILE: %s, or systemd's credential "+
			"edgetoken.keys.secret (until now: %s)", v.Secret, before)
	case before != dir.Secret():
		v.Next = fmt.Sprintf("take the old one out of the configuration before the node starts (%s)", before)
	}
	if v.Next != "" { // also in case that the end is never reached
		fmt.Fprintf(c.ErrOrStderr(), "edgetoken: the new node secret is %s: %s\n", v.Secret, v.Next)
	}
	var notes []string
	v.Keys, notes, err = service.Reseal(c.Context(), cfg, file)
	for _, n := range notes {
		fmt.Fprintln(c.ErrOrStderr(), "edgetoken: "+n)
	}
	return v, err
}

// refuseRunning says why the keys of a running node are not sealed anew.
func refuseRunning(ctx context.Context, client *admin.Client, dir datadir.Dir) error {
	f, err := admin.ShowFleet.Call(ctx, client, admin.None{}, admin.None{})
	if err == nil && f.Role != store.Alone.String() { // to stop it would not help
		return service.ErrMember(f.Fleet)
	}
	return fmt.Errorf("a node runs on %s: stop it first", dir)
}

func printResealed(c *cobra.Command, v resealView) error {
	if wantsJSON(c) {
		return printJSON(c.OutOrStdout(), v)
	}
	keys := fmt.Sprintf("%d private keys", v.Keys)
	if v.Keys == 1 {
		keys = "1 private key"
	}
	next := v.Next
	if next == "" {
		next = "start the node; keep a copy of the node secret apart from copies of the store"
	}
	_, err := fmt.Fprintf(c.OutOrStdout(), "sealed %s anew, under the node secret %s\nnext: %s\n", keys, v.Secret, next)
	return err
}
