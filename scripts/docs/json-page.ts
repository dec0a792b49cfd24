import { DOCUMENTS, STATE_FILES } from '../../src/contract/index.ts'
import type { DocumentSpec, StateFileSpec } from '../../src/contract/index.ts'
import { code, page, table } from './markdown.ts'
import { PROGRESS_SCHEMA_PATH, schemaPath, stateFileSchemaPath } from './schemas.ts'

/** docs/json.md: every document of the program, what prints it or keeps it, and its schema. */
export function jsonPage(): string {
  return page([
    '# JSON documents',
    '<!-- Written by `npm run docs` from src/contract/documents.ts. -->',
    'With `--json` a command prints one JSON document on standard output. An error is the last line of standard error, behind what the command says of its progress; with `--progress=jsonl` each of its lines is JSON. The member `schema` names the document and its version.',
    table(
      ['document', 'what it tells', 'printed by', 'kept in', 'schema'],
      Object.entries<DocumentSpec>(DOCUMENTS).map(([name, spec]) => [
        code(name),
        spec.meaning,
        spec.printedBy
          .map((one) => (/^(image|node|metal|lab) /.test(one) ? code(`anneal ${one}`) : one))
          .join(', '),
        spec.keptIn ?? '',
        link(schemaPath(name)),
      ]),
    ),
    '## Progress',
    `With \`--progress=jsonl\` a command prints its progress to standard error, one JSON object in each line. The member \`event\` says what the line tells: ${link(PROGRESS_SCHEMA_PATH)}. A reader ignores an event that it does not know. Errors are also lines of this stream: \`anneal.error/1\`.`,
    '## The state directory',
    'These files have no member `schema`. [architecture.md](architecture.md#where-the-state-lives) says when each is written.',
    table(
      ['file', 'what it tells', 'schema'],
      Object.entries<StateFileSpec>(STATE_FILES).map(([name, { meaning }]) => [
        code(name),
        meaning,
        link(stateFileSchemaPath(name)),
      ]),
    ),
    'A container of a release has labels, each a plain text: `io.anneal.project`, `io.anneal.release` (the id of the release), `io.anneal.service` and `io.anneal.service-digest`.',
    '## What a reader can rely on',
    '- A reader ignores members that it does not know. A new version of Anneal may add members without a new version of the document. The schemas allow unknown members for that reason.',
    '- Anneal prints no member that the schema does not name. A test holds the documents of the commands against the schemas, with unknown members forbidden.',
    '- A member that came later is optional in the schema, so a document of an earlier version still fits it. Documents of earlier versions are kept in `src/contract/fixtures/`, and a test holds them against the schemas and the readers of today.',
    '- When a member changes its meaning or goes away, the document gets a new version: `anneal.boot/2` follows `anneal.boot/1`.',
    '- Anneal reads the files that earlier versions wrote: boot.json, the state directory, the records of deployments.',
    '- Sizes are in bytes (`…Bytes`) and durations in milliseconds (`…Ms`) or seconds (`…Seconds`, `seconds`). Times are RFC 3339 in UTC.',
    '- No document holds a secret.',
    'The types are in `src/contract/`, with the meaning of each member; the schemas are made from them ([ADR 0080](adr/0080-types-are-the-contract.md)). The documents of benchmarks and demos are not part of the program and are not listed.',
  ])
}

function link(path: string): string {
  return `[${path.replace('docs/schemas/', '')}](${path.replace('docs/', '')})`
}
