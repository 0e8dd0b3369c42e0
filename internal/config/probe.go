package config

import (
	"gopkg.in/yaml.v3"

	"github.com/mozilla-services/looprel/internal/release"
)

// noProbe is what stands in place of a probe that there is not.
const noProbe = "none"

// mostAnswers bounds how many answers in a row may be asked for.
const mostAnswers = 100

func defaultProbe() release.Probe {
	return release.Probe{
		Heartbeat: release.DefaultHeartbeat, Agree: release.DefaultProbeAgree,
		Interval: release.DefaultProbeInterval, Deadline: release.DefaultProbeDeadline,
	}
}

// componentProbe reads a component's own probe, which replaces the environments'.
func (d *decoder) componentProbe(probe **release.Probe) reader {
	return func(node *yaml.Node) {
		own := defaultProbe()
		d.probe(&own)(node)
		*probe = &own
	}
}

// probe reads how to see what runs, or that there is nothing to be seen.
func (d *decoder) probe(probe *release.Probe) reader {
	return func(node *yaml.Node) {
		value := d.follow(node)
		if value == nil {
			return
		}
		if value.Kind == yaml.ScalarNode && value.Tag == textTag && value.Style&yaml.TaggedStyle == 0 {
			word := ""
			d.choice(&word, noProbe)(node)
			probe.Disabled = word == noProbe
			return
		}
		d.probeSettings(probe, node)
	}
}

func (d *decoder) probeSettings(probe *release.Probe, node *yaml.Node) {
	d.mapping(node, "the probe",
		optional("path", value(d, &probe.Path, "a path", parseProbePath)),
		optional("heartbeat", value(d, &probe.Heartbeat, "a path, or "+release.NoHeartbeat, parseProbePath)),
		optional("agree", d.integer(&probe.Agree, mostAnswers)),
		optional("interval", d.duration(&probe.Interval)),
		optional("deadline", d.duration(&probe.Deadline)),
	)
}
