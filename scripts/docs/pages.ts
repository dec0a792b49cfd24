import { commandsPage } from './commands-page.ts'
import { conductorStatesPage } from './conductor-states-page.ts'
import { replacementStatesPage } from './replacement-states-page.ts'
import { decisionsPage } from './decisions-page.ts'
import { deploymentStatesPage } from './deployment-states-page.ts'
import { readErrorTables, readFindingTables } from './error-tables.ts'
import { errorsPage } from './errors-page.ts'
import { findingsPage } from './findings-page.ts'
import { readInlineCodes } from './inline-codes.ts'
import { jsonPage } from './json-page.ts'
import { killRulesPage } from './kill-rules-page.ts'
import { schemaPages } from './schemas.ts'
import { statesPage } from './states-page.ts'

/** A page that is written from the code or from the heads of scripts. */
export type Page = Readonly<{ path: string; text: string }>

export async function generatedPages(): Promise<readonly Page[]> {
  return [
    {
      path: 'docs/errors.md',
      text: errorsPage({
        errors: await readErrorTables(),
        findings: await readFindingTables(),
        inlineFindings: readInlineCodes('finding'),
        reasons: readInlineCodes('reason'),
        failures: readInlineCodes('failure'),
      }),
    },
    { path: 'docs/commands.md', text: await commandsPage() },
    { path: 'docs/adr/README.md', text: decisionsPage() },
    { path: 'docs/kill-rules.md', text: killRulesPage() },
    { path: 'docs/states.md', text: statesPage() },
    { path: 'docs/deployment-states.md', text: deploymentStatesPage() },
    { path: 'docs/conductor-states.md', text: conductorStatesPage() },
    { path: 'docs/replacement-states.md', text: replacementStatesPage() },
    { path: 'docs/json.md', text: jsonPage() },
    { path: 'findings/README.md', text: findingsPage() },
    ...(await schemaPages()),
  ]
}
