import { engineApi, raise } from '../containers/index.ts'
import type { EngineApi } from '../containers/index.ts'

export const DEFAULT_SOCKET = '/run/docker.sock'

/** The socket that DOCKER_HOST names. Another machine's engine is refused: its processes could not be read. */
export function dockerSocket(dockerHost: string | undefined): string {
  if (dockerHost === undefined || dockerHost === '') return DEFAULT_SOCKET
  if (dockerHost.startsWith('unix://')) return dockerHost.slice('unix://'.length) || DEFAULT_SOCKET
  throw raise('ENGINE_UNREACHABLE', {
    engine: 'Docker',
    address: dockerHost,
    state: 'DOCKER_HOST is not a socket of this machine',
    advice:
      'run Anneal on the compute node itself and unset DOCKER_HOST, or set it to unix:///run/docker.sock: Anneal reads the processes of the machine it runs on',
  })
}

export function dockerApi(socketPath: string): EngineApi {
  return engineApi(socketPath, (cause) => {
    const { state, advice } = explainConnection(cause.code ?? '', socketPath)
    return raise('ENGINE_UNREACHABLE', { engine: 'Docker', address: socketPath, state, advice }, cause)
  })
}

function explainConnection(code: string, socketPath: string): { state: string; advice: string } {
  switch (code) {
    case 'ENOENT':
      return {
        state: 'there is no such socket',
        advice:
          'start Docker (`systemctl start docker`), install it (`apt-get install docker.io`), or name its socket in DOCKER_HOST',
      }
    case 'EACCES':
    case 'EPERM':
      return {
        state: 'this user may not open it',
        advice: `run Anneal as root: the socket ${socketPath} belongs to root and the group docker`,
      }
    case 'ECONNREFUSED':
      return {
        state: 'no daemon listens on it',
        advice:
          'Docker died and left its socket: start it (`systemctl start docker`) and read `journalctl -u docker`',
      }
    default:
      return {
        state: `the daemon went away in the middle of the request (${code})`,
        advice: 'see whether Docker is up again (`systemctl status docker`), then run this again',
      }
  }
}
