import {
  type ClassDeclaration,
  type InterfaceDeclaration,
  type JSDoc,
  type JSDocableNode,
  Node,
  Project,
  type SourceFile,
} from "ts-morph";

/** Row of a table of inputs or outputs. */
interface Member {
  readonly name: string;
  readonly type: string;
  readonly description: string;
  /** Default value, for optional inputs. Undefined for required ones. */
  readonly default?: string;
}

/**
 * Returns Markdown that documents the exports of a TypeScript file: inputs and outputs of constructs, functions and
 * constants, with the first sentences of their comments. Reads the syntax only, without type checking.
 */
export function describeFile(path: string): string {
  const file = readFile(path);
  const constructs = file.getClasses().filter((declared) => declared.isExported());
  const functions = file.getFunctions().filter((declared) => declared.isExported());
  const constants = file.getVariableStatements().filter((declared) => declared.isExported());
  return [
    ...constructs.map((declared) => describeClass(declared, file)),
    listOf("Functions", [
      ...functions.map((declared) => [`${declared.getName()}()`, summaryOf(declared)] as const),
      ...constants.filter(isFunction).flatMap((declared) => entriesOf(declared, "()")),
    ]),
    listOf(
      "Constants",
      constants.filter((declared) => !isFunction(declared)).flatMap((declared) => entriesOf(declared, "")),
    ),
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

type Statement = ReturnType<SourceFile["getVariableStatements"]>[number];

function isFunction(statement: Statement): boolean {
  return statement.getDeclarations().some((declared) => Node.isArrowFunction(declared.getInitializer()));
}

function entriesOf(statement: Statement, suffix: string): (readonly [string, string])[] {
  return statement
    .getDeclarations()
    .map((declared) => [`${declared.getName()}${suffix}`, summaryOf(statement)] as const);
}

const project = new Project({ skipAddingFilesFromTsConfig: true, skipFileDependencyResolution: true });

/** Reads a file, and the files of its folder that it imports: inputs may extend their interfaces. */
function readFile(path: string): SourceFile {
  const file = project.addSourceFileAtPath(path);
  for (const declared of file.getImportDeclarations()) {
    const specifier = declared.getModuleSpecifierValue();
    if (!specifier.startsWith("./")) continue;
    project.addSourceFileAtPath(`${file.getDirectoryPath()}/${specifier.replace(/\.js$/, ".ts")}`);
  }
  return file;
}

function describeClass(declared: ClassDeclaration, file: SourceFile): string {
  const name = declared.getName() ?? "";
  const [, , props] = declared.getConstructors()[0]?.getParameters() ?? [];
  const propsName = props?.getTypeNode()?.getText() ?? "";
  const inputs = findInterface(propsName, file);
  return [
    `#### ${name}`,
    paragraphsOf(docOf(declared)),
    tableOf(
      "Inputs",
      ["input", "type", "default", "description"],
      inputs === undefined ? [] : inputsOf(inputs),
    ),
    tableOf("Outputs", ["output", "type", "description"], outputsOf(declared)),
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

function findInterface(name: string, file: SourceFile): InterfaceDeclaration | undefined {
  const folder = file.getDirectoryPath();
  return project
    .getSourceFiles()
    .filter((candidate) => candidate.getDirectoryPath() === folder)
    .map((candidate) => candidate.getInterface(name))
    .find((found) => found !== undefined);
}

/** Returns the members of a props interface, inherited ones first. Required ones precede optional ones. */
function inputsOf(declared: InterfaceDeclaration): Member[] {
  const inherited = declared.getExtends().flatMap((clause) => {
    const [expression = "", omitted = ""] = /^Omit<(\w+), (.*)>$/.exec(clause.getText())?.slice(1) ?? [
      clause.getText(),
    ];
    const parent = findInterface(expression, declared.getSourceFile());
    return parent === undefined ? [] : inputsOf(parent).filter(({ name }) => !omitted.includes(`"${name}"`));
  });
  const own = declared.getProperties().map((property) => ({
    name: property.getName(),
    type: oneLine(property.getTypeNode()?.getText() ?? ""),
    description: summaryOf(property),
    default: property.hasQuestionToken() ? (tagOf(property, "default") ?? "none") : undefined,
  }));
  const all = [...inherited, ...own];
  return [
    ...all.filter((member) => member.default === undefined),
    ...all.filter((member) => member.default !== undefined),
  ];
}

function outputsOf(declared: ClassDeclaration): Member[] {
  const properties = declared
    .getProperties()
    .filter((property) => property.isReadonly() && !property.hasModifier("private"))
    .map((property) => ({
      name: property.getName(),
      type: oneLine(property.getTypeNode()?.getText() ?? typeOfLiteral(property.getInitializer()?.getText())),
      description: summaryOf(property),
    }));
  const methods = declared
    .getMethods()
    .filter(
      (method) =>
        !method.hasModifier("private") && !method.hasModifier("override") && !method.hasModifier("protected"),
    )
    .map((method) => ({
      name: `${method.getName()}()`,
      type: oneLine(method.getReturnTypeNode()?.getText() ?? "void"),
      description: summaryOf(method),
    }));
  return [...properties, ...methods];
}

const typeOfLiteral = (initializer = "") => (/^(["A-Z])/.test(initializer) ? "string" : "");

function tableOf(title: string, columns: readonly string[], members: readonly Member[]): string {
  if (members.length === 0) return "";
  const rows = members.map((member) => {
    const type = `\`${member.type.replaceAll("|", "\\|")}\``;
    const cells = columns.includes("default")
      ? [`\`${member.name}\``, type, escapeCell(member.default ?? "required"), member.description]
      : [`\`${member.name}\``, type, member.description];
    return `| ${cells.join(" | ")} |`;
  });
  return [
    `**${title}**`,
    "",
    `| ${columns.join(" | ")} |`,
    `|${columns.map(() => "---|").join("")}`,
    ...rows,
  ].join("\n");
}

function listOf(title: string, entries: readonly (readonly [name: string, description: string])[]): string {
  if (entries.length === 0) return "";
  return [`#### ${title}`, "", ...entries.map(([name, text]) => `- \`${name}\`${text && `: ${text}`}`)].join(
    "\n",
  );
}

function docOf(node: JSDocableNode): JSDoc | undefined {
  return node.getJsDocs()[0];
}

/** Returns the first paragraph of a comment in one line, for a table or list. */
function summaryOf(node: JSDocableNode): string {
  const [first = ""] = (docOf(node)?.getDescription().trim() ?? "").split(/\n\s*\n/);
  return escapeCell(oneLine(first));
}

function paragraphsOf(doc: JSDoc | undefined): string {
  return doc?.getDescription().trim() ?? "";
}

function tagOf(node: JSDocableNode, name: string): string | undefined {
  const tag = docOf(node)
    ?.getTags()
    .find((candidate) => candidate.getTagName() === name);
  return tag === undefined ? undefined : oneLine(tag.getCommentText() ?? "");
}

/** Joins lines, without comments inside of types. */
const oneLine = (text: string) =>
  text
    .replaceAll(/\/\*\*.*?\*\//gs, "")
    .replaceAll(/\s+/g, " ")
    .trim();

const escapeCell = (text: string) => text.replaceAll("|", "\\|");
