// Package config turns environments.yaml into a release.Train, says everything
// that is wrong with one, and writes a first one for a repository.
//
// It is strict: whatever the reference below does not name is a problem. All
// problems of a file are reported at once, each as
//
//	file:line:column: what was found, expected what; did you mean this name?
//
// Reading takes these steps: the bytes are checked for being readable text
// (source.go) and parsed into YAML nodes, one document, a failure placed as well
// as can be (syntax.go); aliases are measured before anything follows one, so that
// no file grows beyond bounds (alias.go); the nodes are read section by section by
// a decoder that knows what each key may be (decoder.go and the files named after
// the sections), each value in its own form (scalar.go, names.go, address.go,
// path.go, zones.go); rules that join several values come last in each section.
// Detect derives from a repository's listing what Scaffold writes into a new file.
//
// The package imports release and holiday, parsers of YAML and TOML and an edit
// distance. It must not do I/O, read a clock, or import anything that does. Zones
// are those of the program, which embeds the database of time zones.
//
// # Reference
//
// Keys without the mark "required" may be left out; an empty value is no value.
// The type of each value counts: text that YAML takes for a number, a date or a
// boolean wants quotes. Anchors and aliases may be used within bounds, merge keys
// ("<<") and tags ("!!str") may not. A NAME is at most 64 of a-z, 0-9, ".", "_"
// and "-", a letter or digit first. A PATH is relative to the repository's root
// and stays within it. A DURATION is written 90s, 30m or 1h30m, at most 24h. A DAY
// is the English name of a day of the week. A REPOSITORY is a URL (https, http,
// ssh, git, file), user@host:path, or a path; never with a password.
//
//	version: 1                      required; the version of this format
//	timezone: ZONE                  required; IANA name of the train's zone
//
//	train:                          required
//	  home: REMOTE                  the name or REPOSITORY that holds the ledger
//	  first-tag: YYYY-MM-DD         required; a tagging day, the cycle counts from here
//	  every: N weeks | N days       required; whole weeks, at most 52
//	  tag: {day: DAY}               required
//	  test: {until: DAY}            the last day of load tests, at latest the push's
//	  push:                         required
//	    day: DAY                    required; the first one after the planned tag
//	    from, to: "HH:MM"           the hours of a push, to exclusive; default the whole day
//	  freezes:                      a list of spans without pushes
//	    - from, to: YYYY-MM-DD      required; both included, not over before first-tag
//	      reason: TEXT
//	      stops: [push, tag]        default [push]; push is always among them
//	  exceptions:                   a list of cycles unlike the others
//	    - cycle: YYYY-MM-DD         required; the planned tagging day
//	      skip: true                instead of tag and push
//	      tag, push: YYYY-MM-DD     between the neighbouring cycles' planned tagging days
//	      reason: TEXT
//	  holidays: [COUNTRY]           ISO 3166-1 codes, such as US; their public holidays are no working days
//	  announce:                     how people learn of releases
//	    to: [ADDRESS]               required; e-mail addresses
//	    from: ADDRESS               the sender; required with mail
//	    mail:                       without it no mail is sent
//	      server: HOST | HOST:PORT  required
//	      security: starttls | tls | none   default starttls; what cannot be had is an error
//	      timeout: DURATION         of each step; default 30s
//	    webhook:                    without it none is called
//	      url: URL                  default the environment variable LOOPREL_WEBHOOK_URL
//	      signed: false             the receiver checks no signature; default true
//	      timeout: DURATION         default 10s
//	    templates: PATH             a directory of templates of your own
//	  off-cycle: {may-skip: [GATE]} what promote --off-cycle may skip, of order, checks, live,
//	                                soak, sign-off, no-lost-fixes, not-frozen and window;
//	                                default not-frozen and window
//	  sets: true                    the components are released together, as sets of one
//	                                release of each, and deployed in the order of components;
//	                                wants two or more, deploy commands, and a tick that neither
//	                                tags nor promotes; default false
//
//	contacts:                       roles; {} and nothing are equal
//	  NAME:
//	    people: [TEXT]
//	    email: [ADDRESS]
//	    github: [LOGIN]             who requests to the role are assigned to; with a section
//	                                github, who has the role, where GitHub says whose login
//	                                it is
//
//	components:                     required; at least one
//	  NAME:
//	    repository: REPOSITORY      default ".", the one that holds this file
//	    branch: BRANCH              default the remote's default branch
//	    path: PATH                  its directory in a shared repository
//	    tag: PATTERN                default "{version}"; or with {major}, {minor} and {patch}
//	    release-branch: PATTERN     default "{major}.{minor}.x"
//	    bump: major | minor | patch default minor; what a train release raises
//	    version-files:              without them no release commit is made
//	      - path: PATH              required
//	        key: KEY                dotted, in .json, .yaml, .yml and .toml; or
//	        pattern: REGEXP         with one group, "^" and "$" match at lines' ends
//	    changelog:
//	      path: PATH                required
//	      style: loop | keep-a-changelog   default as the file shows
//	    development: false          no commit that opens the next version; default true
//	    checks: all | [NAME]        what a commit must have passed at the forge to be released (wants github:)
//	    extract:                    the parts of another repository that make it
//	      from: REPOSITORY          required; a clone on this machine, or a URL
//	      map:                      required; at least one
//	        - from, to: PATH        required; of directories, or of files; "." is the root.
//	                                The deeper target wins where two meet, and two with
//	                                one target that give the same file are refused
//	          except: [GLOB]        paths below from to leave out: without a slash names
//	                                at any depth, else paths ("/README": the one right
//	                                below from); "**" is any directories
//	    probe: none | as below      replaces the environments' probes
//
//	environments:                   required; at least one, none called "tag"
//	  NAME:
//	    maintainer: ROLE            required; one of contacts
//	    url: URL                    http or https, no credentials; default nothing to probe
//	    follows: BRANCH             its head is deployed here, no releases; or
//	    after: tag | ENVIRONMENT    what a release must have been on before; one of both is required
//	    commissioned: false         planned only; default true
//	    mirrors: ENVIRONMENT        the one that it is a likeness of
//	    window: push                pushes on the train's push days and hours only
//	    gates:                      what a promotion must fulfil; see below
//	      - GATE                    or
//	      - gate: GATE              required; each once
//	        waive: [ROLE]           whose people may set it aside; default nobody
//	        for: N hours | N days | N working days   required of soak
//	        contiguous: true        of soak: begins anew when it was interrupted; default false
//	        role: ROLE              required of sign-off: whose people
//	        people: N               how many of them, 1 to 100; default 1
//	        on: ENVIRONMENT         where they tried it; default the one before
//	        required: [NAME]        of checks: which; default all that there are
//	        labels: [TEXT]          of no-blockers: no open issue has one of them
//	        milestone: PATTERN      of no-blockers: no open issue is in that milestone
//	    third-parties:              services of others
//	      TEXT: real | mocked
//	    deploy: [ARGUMENT]          an argument vector, run without a shell; short for
//	    deploy: request | deployment   short for via
//	    deploy:
//	      command: [ARGUMENT]       this, or
//	      via: request              an issue asks for it (wants github:, as the ways below), or
//	      via: deployment           a Deployment is made, and others give it its statuses, or
//	      workflow: FILE            a workflow is run, of .github/workflows
//	      ref: REF                  the branch or tag that it is taken from; default the train's branch
//	      inputs:                   what it is given, with {version}, {tag}, {commit}, {environment},
//	        NAME: TEXT              {component} and {attempt} replaced
//	      timeout: DURATION         default 30m, of a request 8h
//	    on-failure: rollback        a promotion that fails is rolled back without being asked:
//	                                when the command failed, another version shows, or the
//	                                heartbeat fails; default the command to type is named
//	    probe: none                 nothing to look at; or
//	    probe:
//	      path: PATH                on the URL; default the URL itself
//	      heartbeat: PATH | none    default __heartbeat__
//	      agree: N                  answers in a row that must agree, 1 to 100; default 3
//	      interval: DURATION        between them; default 1s
//	      deadline: DURATION        for a release to show; default 5m
//	    announce: true              tell people what comes here; default false
//
//	tick:                           what looprel tick may do by itself, see below
//	  remind: false                 tell people whose turn it is; default true
//	  announce: true                send announcements that are open; default false
//	  tag: true                     release on the tagging day; default false
//	  from: "HH:MM"                 the hour before which nothing is tagged; default "00:00"
//	  promote: [ENVIRONMENT]        bring releases, or the heads of a followed branch, there
//	  late: true                    also when the day for it is over; default false
//
//	links:                          templates of addresses with {id} in them
//	  bug: URL
//	  pull-request: URL
//
//	github:                         what is kept up to date on GitHub; {} for the defaults, default nothing
//	  repository: OWNER/NAME | HOST/OWNER/NAME   default the home remote's
//	  releases: published | draft | none   a Release for each tag; default published
//	  assets: [GLOB]                files of the worktree that it gets, and their checksums
//	  milestones: PATTERN           titles of milestones, such as "{version}": that of a release
//	                                is closed and the next one opened; default none
//	  released:                     what becomes of the issues and pull requests of a release
//	    label: TEXT                 they get this label; {version} is replaced
//	    comment: true               they are commented on; default false
//	  deployments: false            promotions make no Deployments; default true
//	  backports:                    how pull requests ask for backports, for backport --labelled
//	    label: TEXT                 with {line}; default "backport {line}"
//	    done: TEXT                  takes its place once that is made, with {line}; default none
//	    comment: true               pull requests that are named are commented on, too; default false
//	  requests: none                no issues ask for deployments; default they do
//	  requests:
//	    labels: [TEXT]              default [deployment-request]
//	    template: PATH              a file of the repository with the text of requests
//
//	release:
//	  via: push | pull-request      how master and the release lines get the commits of releases and
//	                                fixes; pull-request, for branches that take no pushes, wants
//	                                github:; --pr and --pr=false set it aside; default push
//
//	ledger:
//	  ref: REF                      required; full name, default refs/looprel/ledger
//
//	allowed-signers: PATH           whose signatures count, as ssh-keygen(1) describes such a
//	                                file; on the branch of this one; default the file that
//	                                gpg.ssh.allowedSignersFile of git's configuration names
//	openpgp-keys: PATH              public keys whose OpenPGP signatures count, as gpg --export
//	                                writes them; on the branch of this one; default none
//
// # Gates
//
// Some gates hold for every environment without being declared: it is commissioned,
// the release is known, its tag is where it was (these nobody may set aside), it
// has been on the environment before, nothing blocks it, it is not backed off, no
// freeze, and the push window where window: push is given. A list of gates adds to these and never takes one away. Naming one
// of them says who may set it aside; a ROLE that is named so wants people, e-mail
// addresses or logins in contacts.
//
//	order           it has been on the environment before
//	no-blockers     nobody has blocked the release, or the environment; and, with labels or
//	                milestone, no open issue does (wants github:)
//	not-backed-off  the release has not been backed off, or rolled back
//	signed          the release's tag, and every entry of the ledger from the one that
//	                recorded the release on, has an SSH signature by an allowed signer,
//	                valid at the time that it bears, or an OpenPGP signature by one of
//	                openpgp-keys; dates without a zone in the list are
//	                of the timezone
//	checks          the forge's checks of the tagged commit have passed, or, where it has none
//	                and differs in version files and changelog alone, its parent's;
//	                skipped and neutral ones count as passed (wants github:)
//	live            the environment before really runs it: as many answers in a row as its
//	                probe wants show the version or the revision, its heartbeat is
//	                healthy, its third parties are as declared (a field fakeTokBox of the
//	                root URL is about the third party tokbox); if it mirrors an
//	                environment, the name, the third parties and the fields that are true
//	                or false agree with those of that one, where both show them
//	soak            so long on the environment before; another release there in between
//	                pauses it. A working day counts from midnight to midnight, weekends
//	                and holidays do not. Wants {gate: soak, for: 3 days}
//	sign-off        so many people of a role signed it off, whoever tagged it not among
//	                them; wants {gate: sign-off, role: ROLE}
//	no-lost-fixes   it has every fix of a release line that what runs there now has
//	not-frozen      no freeze
//	window          the push window; wants window: push
package config
