/** Term that the project no longer uses in texts, identifiers and file names. */
export interface RetiredTerm {
  readonly pattern: RegExp;
  /** Replacement. */
  readonly write: string;
  /** Texts that the pattern must match. */
  readonly examples: readonly string[];
  /** Parts of a line that are allowed: names that others define, and stored names. @default none */
  readonly except?: RegExp;
  /** Files to search. @default all */
  readonly files?: RegExp;
}

const DIAGNOSTIC = "diagnostic, with severity, summary and hint; in prose: error, violation, difference";

/** Retired terms in texts and identifiers. */
export const RETIRED_TERMS: readonly RetiredTerm[] = [
  {
    pattern: /recovery[-_ ]?cop(y|ies)/i,
    write: "standby, or DR replica",
    examples: ["a recovery copy", "recoveryCopies", "RECOVERY_COPY"],
  },
  {
    pattern: /first[-_ ]?cop(y|ies)/i,
    write: "primary",
    examples: ["its first copy", "firstCopy"],
  },
  {
    pattern: /\brecoverIn\b|\brecoveryOf\b/,
    write: "createStandby, standbyOf",
    examples: ["recoverIn(prod)", "{ recoveryOf }"],
  },
  {
    pattern:
      /\brais(e|es|ed|ing) (an? |the |every |another |its )?(cop(y|ies)|standbys?|environments?|stacks?|primary|prod|dev)\b/i,
    write: "deploy, provision or start",
    examples: ["raises the copy from replicas", "raise an environment"],
  },
  {
    pattern: /\bmove[-_ ]?(to another )?region|region[-_ ]?move/i,
    write: "region failover, or migration to another region",
    examples: ["moveRegion()", "move to another region", "region move"],
  },
  {
    pattern: /Received(Dumps|Images)|received-(dumps|images)/i,
    write: "ReplicatedBackups, ReplicatedRepository",
    examples: ["receivedDumps", "new ReceivedImages()"],
  },
  {
    pattern: /Late[-_ ]?Copy/i,
    write: "ReplicationAlarm",
    examples: ["LateCopyNotice", "late-copy-notice.js"],
  },
  {
    pattern: /Kept[-_ ]?Secret|made[-_ ]?up/i,
    write: "secret with an unmanaged value, or randomPassword",
    examples: ["KeptSecret", "madeUpPassword", "a made-up password"],
  },
  {
    pattern: /left[-_ ]?to[-_ ]?people/i,
    write: "unmanaged",
    examples: ["leftToPeople", "LEFT_TO_PEOPLE", "left to people"],
  },
  { pattern: /\bstated\b/i, write: "managed, configured or declared", examples: ["the stated people"] },
  {
    pattern: /\blimitRoles\b/,
    write: "attachPermissionsBoundary",
    examples: ["limitRoles(stack)"],
  },
  { pattern: /\bneedsOf\b/, write: "workspaceRequirements", examples: ["needsOf(stack)"] },
  {
    pattern: /\bsettle[A-Z]\w*|\bsettle\(/,
    write: "a verb for the action, such as setRemoteStateConsumers",
    examples: ["settleReaders()", "this.settle()"],
  },
  {
    pattern: /[Rr]efusal|\brefuse[A-Z]/,
    write: "validate…, reject… or error",
    examples: ["refusals", "refuseUnknown("],
  },
  {
    pattern: /finding/i,
    write: DIAGNOSTIC,
    examples: ["checked.findings", "capacityFindings()"],
  },
  {
    pattern: /problem/i,
    write: DIAGNOSTIC,
    examples: ["FirstRunProblem", "3 problems"],
    // Media type of RFC 9457.
    except: /application\/problem\+json/,
  },
  {
    pattern: /\bremed(y|ies)/i,
    write: "hint",
    examples: ["a remedy", "{ remedy }"],
  },
  {
    pattern: /proof/i,
    write: "end-to-end test (*.e2e.test.ts), restore-test record or verification",
    examples: ["load.proof.ts", "PROOFS", "writesProofs"],
  },
  {
    pattern: /sweep|swept/i,
    write: "purge",
    examples: ["cronjob-sweep.yaml", "Swept"],
  },
  {
    pattern: /drill/i,
    write: "restore test",
    examples: ["notejam-drill", "drillDatabaseOf", "DrillSucceeded"],
  },
  {
    pattern: /(?<!Math\.)floors?(?![a-z])/i,
    write: "minimum replicas",
    examples: ["setFloor()", "APP_EVENT_FLOORS", "the floor"],
    // SQL and PromQL functions.
    except: /\bfloor\(/,
  },
  {
    pattern: /\bdemands?(Of)?\b/i,
    write: "capacity check or requests",
    examples: ["demandOf(pods)", "the demand"],
    except: /on[-_ ]demand/i,
  },
  { pattern: /\bviewer/i, write: "currentUser", examples: ["viewer.ts", "{ viewer }"], files: /^app\// },
  {
    pattern: /forgery/i,
    write: "CSRF",
    examples: ["forgery.ts"],
    except: /cross-site request forgery/i,
  },
  { pattern: /goOn/i, write: "redirectWithFlash", examples: ["goOn(reply)"], except: /Ongoing/i },
  {
    pattern: /give[-_ ]?back/i,
    write: "merge recovered notes",
    examples: ["give-back.ts", "giveBack()", "give back"],
  },
  {
    pattern: /\bput(s|ting)? in(to)? place|putInPlace/i,
    write: "swap the schema",
    examples: ["putInPlace()"],
  },
  {
    pattern: /house[-_ ]?rule/i,
    write: "convention",
    examples: ["house rules", "houseRules"],
  },
  {
    pattern: /guard[-_ ]?rail/i,
    write: "account baseline",
    examples: ["AccountGuardRails", "guard-rails"],
  },
  {
    pattern: /without-source-maps/,
    write: "disable-source-maps",
    examples: ["without-source-maps.cjs"],
  },
  {
    pattern: /precious\.|[a-z]Precious|\bPRECIOUS/,
    write: "destructive changes",
    examples: ["precious.ts", "PRECIOUS"],
  },
  {
    pattern: /\bbasisOf\b/,
    write: "capacityInputs",
    examples: ["basisOf(tree)"],
  },
  {
    pattern: /backup[-_ ]?watch/i,
    write: "backup-monitoring",
    examples: ["BackupWatch", "backup-watch.test.ts"],
  },
  {
    pattern: /working[-_ ]?people/i,
    write: "simulated users",
    examples: ["WorkingPeople", "working-people.ts"],
  },
  {
    pattern: /three-years|[a-z]ThreeYears/,
    write: "backup-retention",
    examples: ["three-years.ts", "liveThreeYears"],
  },
  { pattern: /machine-npm/, write: "local-npm", examples: ["machine-npm.ts"] },
  {
    pattern: /what-the-pods-may-do/,
    write: "pod-permissions",
    examples: ['"what-the-pods-may-do"'],
  },
  {
    pattern: /MakeUpPasswords|LendKeyToVolumes/,
    write: "GenerateRandomPassword, CreateGrantForVolumes",
    examples: ["MakeUpPasswords", "LendKeyToVolumes"],
  },
  {
    pattern: /\b(no|some)body\b/i,
    write: "the actor's name, or the imperative",
    examples: ["nobody can", "Somebody tries"],
    // Linux user.
    except: /"nobody"|\bnobody:/,
  },
  {
    pattern: /\bwhat .* may\b/i,
    write: "permissions, or the subject itself",
    examples: ["what the pods may do"],
  },
  { pattern: /\bwhoever\b/i, write: "the actor's name", examples: ["whoever changes it"] },
  { pattern: /\bone sees\b/i, write: '"Expect: …"', examples: ["One sees a line"] },
  { pattern: /\b(is|are) told\b/i, write: "receives, or gets", examples: ["is told the region"] },
  { pattern: /\bof (its|their) own\b/i, write: "separate, or its", examples: ["of its own", "of their own"] },
  { pattern: /\bbeside\b/i, write: "next to, or in addition to", examples: ["beside it"] },
  {
    pattern: /\bthere is nothing that\b/i,
    write: "a direct negation",
    examples: ["There is nothing that fails"],
  },
  {
    pattern: /^\s*(\/\*\*|\*|""")\s*(What|Whether)\b/,
    write: 'a noun phrase or a verb, such as "Returns …"',
    examples: ["/** What a run costs. */", " * Whether it is there.", '"""What EKS answers."""'],
    files: /\.(ts|cjs|mjs|py)$/,
  },
];

/** Retired file names, as patterns of paths. */
export const RETIRED_FILE_NAMES: readonly RetiredTerm[] = [
  { pattern: /(^|\/)locks\.ts$/, write: "object-lock.ts", examples: ["src/policy/locks.ts"] },
  {
    pattern: /^(src|modules)\/(.*\/)?connections\.ts$/,
    write: "instance-classes.ts",
    examples: ["modules/rds/connections.ts"],
  },
  { pattern: /(^|\/)basis\.ts$/, write: "capacity-inputs.ts", examples: ["src/capacity/basis.ts"] },
  { pattern: /(^|\/)measures\.ts$/, write: "validators.ts", examples: ["src/config/measures.ts"] },
  { pattern: /(^|\/)left-out\.ts$/, write: "unsupported-providers.ts", examples: ["src/local/left-out.ts"] },
  { pattern: /(^|\/)testing\.ts$/, write: "a name for the content", examples: ["modules/testing.ts"] },
  { pattern: /(^|\/)screen\.ts$/, write: "page-inspector.ts", examples: ["app/e2e/screen.ts"] },
  { pattern: /^app\/(.*\/)?program\.ts$/, write: "built-app.ts", examples: ["app/e2e/program.ts"] },
  { pattern: /(^|\/)slashes(\.test)?\.ts$/, write: "trailing-slash.ts", examples: ["app/src/slashes.ts"] },
  { pattern: /(^|\/)failures(\.test)?\.ts$/, write: "error-handler.ts", examples: ["app/src/failures.ts"] },
  {
    pattern: /^app\/.*(^|\/)transfer(\.test)?\.ts$/,
    write: "import-export.ts",
    examples: ["app/src/transfer.ts"],
  },
  {
    pattern: /(^|\/)contents(\.test)?\.ts$/,
    write: "data-plane-reads.ts",
    examples: ["src/policy/contents.ts"],
  },
];

/** File names that several folders used for different things. Each may occur once. */
export const UNIQUE_FILE_NAMES: readonly string[] = ["session.ts", "manifest.ts"];
