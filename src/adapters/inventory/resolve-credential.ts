import { readFileSync, statSync } from 'node:fs'
import { metalError } from '../../metal/index.ts'
import type { CredentialSource } from '../../metal/index.ts'

/**
 * The value of a credential. A file holds it in its first line and may be read by its owner only. Throws
 * BMC_CREDENTIAL_MISSING, which names the place and never the value.
 */
export function resolveCredential(
  node: string,
  what: 'user name' | 'password',
  source: CredentialSource,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  switch (source.kind) {
    case 'plain':
      return source.value
    case 'env': {
      const value = environment[source.name]
      if (value !== undefined && value !== '') return value
      const place = `the variable ${source.name}`
      throw metalError('BMC_CREDENTIAL_MISSING', { node, what, source: place, state: 'not set' })
    }
    case 'file': {
      const fail = (state: string): Error =>
        metalError('BMC_CREDENTIAL_MISSING', { node, what, source: `the file "${source.path}"`, state })
      try {
        if (what === 'password' && (statSync(source.path).mode & 0o077) !== 0) {
          throw fail('readable by others than its owner')
        }
        const [line = ''] = readFileSync(source.path, 'utf8').split('\n')
        if (line === '') throw fail('empty')
        return line
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException
        throw code === 'BMC_CREDENTIAL_MISSING' ? error : fail(`not readable (${code ?? 'unknown'})`)
      }
    }
  }
}
