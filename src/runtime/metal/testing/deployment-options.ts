import type { DeploymentOptions } from '../run-deployment.ts'

/** Of a deployment that waits for SSH, with times that a fake machine keeps easily. */
export function deploymentOptions(more: Partial<DeploymentOptions> = {}): DeploymentOptions {
  return {
    ready: { kind: 'ssh', host: 'h', port: 22 },
    timeoutMs: 600_000,
    callbackTimeoutMs: 120_000,
    readyTimeoutMs: 60_000,
    pollMs: 500,
    signal: new AbortController().signal,
    ...more,
  }
}
