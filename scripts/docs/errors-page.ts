import { EXIT } from '../../src/core/index.ts'
import type { ErrorTable } from '../../src/core/index.ts'
import type { FindingTable, Table } from './error-tables.ts'
import type { InlineCode } from './inline-codes.ts'
import { code, page, table } from './markdown.ts'

/** A new exit code does not compile before it is explained. */
export const EXIT_MEANINGS: Readonly<Record<keyof typeof EXIT, string>> = {
  ok: 'It was done, or there was nothing to do.',
  failed: 'It was not done. An upgrade that ends so was abandoned: the old release never stopped.',
  usage: 'The command line, or a file that it names, cannot be understood. Nothing was touched.',
  endangered: 'A guest, or a process that guests need, would die. Nothing was touched.',
  refused: 'A check said no. Nothing was touched.',
  locked: 'Another run holds the lock of this node. Nothing was touched.',
  rolledBack: 'The new release failed; the old one runs again, and that was proven.',
  attention: 'The node could not be brought to rest by itself: a person has to look.',
  unavailable: 'The container engine, or another program or right that is needed, cannot be used.',
}

export type ErrorsPageInput = Readonly<{
  errors: readonly Table<ErrorTable>[]
  findings: readonly Table<FindingTable>[]
  inlineFindings: readonly InlineCode[]
  reasons: readonly InlineCode[]
  failures: readonly InlineCode[]
}>

/** docs/errors.md: every code that Anneal can say, from the tables and from the places that make them. */
export function errorsPage(input: ErrorsPageInput): string {
  return page([
    '# Codes',
    '<!-- Written by `npm run docs` from the tables in the code. Edit those. -->',
    'Programs test on the code; the message and the remedy are for people. `{name}` stands for a value that is filled in, `…` for one that is only known when it happens. An error is printed as `error: message`, its causes and `remedy: remedy`; with `--json` it is one JSON object (schema `anneal.error/1`).',
    '## Exit codes',
    table(
      ['Exit', 'Name', 'Meaning'],
      Object.entries(EXIT).map(([name, exit]) => [
        String(exit),
        code(name),
        EXIT_MEANINGS[name as keyof typeof EXIT],
      ]),
    ),
    'A command continues if nobody reads its output. If everything else went well, its exit code is then 141, as a shell shows it for a closed pipe. SIGINT, SIGTERM and SIGHUP (a lost terminal; not with nohup) stop a command in a safe state.',
    '## Errors',
    'A call that could not be done. One that says “again” may succeed later without anything being changed; a run tries it again by itself as often as [its state](states.md) allows.',
    ...input.errors.flatMap(({ path, name, entries }) => [
      `### ${code(name)} (${path})`,
      table(
        ['Code', 'Meaning', 'Remedy', 'Exit'],
        Object.entries(entries).map(([key, spec]) => [
          code(key),
          spec.message,
          spec.remedy,
          `${spec.exit}${spec.retry ? ', again' : ''}`,
        ]),
      ),
    ]),
    '## Findings',
    'What a check noticed about a node, a release or a container. `refuse` stops an upgrade before anything is touched, `warn` is only reported, `info` is for the record.',
    ...input.findings.flatMap(({ path, name, entries }) => [
      `### ${code(name)} (${path})`,
      table(
        ['Code', 'Severity', 'Meaning', 'Remedy'],
        Object.entries(entries).map(([key, spec]) => [code(key), spec.severity, spec.meaning, spec.remedy]),
      ),
    ]),
    '### Findings about this node at this moment',
    table(
      ['Code', 'Severity', 'Evidence', 'Remedy'],
      input.inlineFindings.map((one) => [code(one.code), one.severity, one.text, one.remedy]),
    ),
    '## Reasons',
    'Why a run left its way, where no error or finding is the reason.',
    table(
      ['Code', 'Message', 'Remedy'],
      input.reasons.map((one) => [code(one.code), one.text, one.remedy]),
    ),
    '## Failed proofs and breaches',
    'What a proof can find missing after a switch, and what can be wrong with a node at rest.',
    table(
      ['Code', 'Detail'],
      input.failures.map((one) => [code(one.code), one.text]),
    ),
  ])
}
