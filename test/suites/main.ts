/** The engine contract on the engines of other Debian suites: `npm run suites -- [SUITE…]`, each of them by default. */
import { suiteOf } from '../../lab/index.ts'
import { OTHER_SUITES, contractOn } from './contract-on.ts'

const names = process.argv.slice(2)
for (const suite of names.length === 0 ? OTHER_SUITES : names.map(suiteOf)) {
  const { passed, failed, skipped, output } = await contractOn(suite)
  const ran = passed > 0 && failed === 0
  if (!ran) {
    process.stdout.write(output)
    process.exitCode = 1
  }
  process.stdout.write(
    `engine contract on ${suite}: ${passed} passed, ${failed} failed, ${skipped} skipped\n`,
  )
}
