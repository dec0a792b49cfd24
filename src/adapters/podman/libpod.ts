/**
 * Podman's own API beside the Docker-compatible one, which hides what matters here (a container's cgroup, its
 * runtime's name, volumes of its kind). Servers of Podman 4 and 5 both answer this version.
 */
export const LIBPOD = '/v4.0.0/libpod'
