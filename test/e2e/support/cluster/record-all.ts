/** Renews src/adapters/kubernetes/fixtures/replacements.json on a real cluster. */
import { join } from 'node:path'
import { REPOSITORY, inKubernetesTree, run } from '../../../../lab/index.ts'

const { entry, programs } = await inKubernetesTree('bookworm', 'machine')
const script = join(REPOSITORY, 'test/e2e/support/cluster/on-node.ts')
const file = join(REPOSITORY, 'src/adapters/kubernetes/fixtures/replacements.json')
const node = [process.execPath, '--disable-warning=ExperimentalWarning', script, programs, `record=${file}`]
for (const argv of [
  [...entry, ...node],
  [join(REPOSITORY, 'node_modules/.bin/oxfmt'), file],
]) {
  const { exitCode, stdout, stderr } = await run(argv)
  process.stdout.write(stdout)
  if (exitCode !== 0) throw new Error(stderr)
}
