{{/*
The most that the release ever needs of its namespace, rollouts included: pods, CPU, memory and disk of each tier and of the
database, and volumes and ports.
*/}}
{{- define "habit-tracker.quota" -}}
{{- $v := .Values }}
{{- /* the pods of a tier at one time: all of them twice while the old ones drain, and the one that a rollout adds */}}
{{- $pods := dict }}
{{- range $tier := list "backend" "frontend" }}
{{- $most := index $v (print $tier "MaxReplicas") | default (index $v (print $tier "Replicas")) | int }}
{{- $_ := set $pods $tier (add (mul 2 $most) 1) }}
{{- end }}
{{- /* the database is stopped before it is started anew, so there is one of it, and one that dumps it */}}
{{- if not (include "habit-tracker.databaseUrl" .) }}
{{- $_ := set $pods "database" (empty $v.backupSchedule | ternary 1 2) }}
{{- end }}
{{- $all := 0 }}
{{- range $pods }}{{ $all = add $all . }}{{ end }}
pods: {{ $all | quote }}
{{- range $kind := list "Request" "Limit" }}
{{- range $name, $key := dict "cpu" "Cpu" "memory" "Memory" "ephemeral-storage" "EphemeralStorage" }}
{{- $total := 0.0 }}
{{- range $of, $count := $pods }}
{{- $total = addf $total (mulf $count (include "habit-tracker.quantity" (index $v (print $of $key $kind)))) }}
{{- end }}
{{- if eq $name "cpu" }}
{{ lower $kind }}s.cpu: {{ include "habit-tracker.roundUp" (mulf $total 1000) }}m
{{- else }}
{{ lower $kind }}s.{{ $name }}: {{ include "habit-tracker.roundUp" (divf $total 1048576) }}Mi
{{- end }}
{{- end }}
{{- end }}
{{- $sizes := list }}
{{- if not (include "habit-tracker.databaseUrl" .) }}{{ $sizes = append $sizes $v.databaseStorage }}{{ end }}
{{- if include "habit-tracker.hasBackups" . }}{{ $sizes = append $sizes $v.backupStorage }}{{ end }}
{{- /* such as one that the release left */}}
{{- range (lookup "v1" "PersistentVolumeClaim" .Release.Namespace "").items }}
{{- if not (has .metadata.name (list (include "habit-tracker.claim" $) "habit-tracker-backups")) }}
{{- $sizes = append $sizes .spec.resources.requests.storage }}
{{- end }}
{{- end }}
persistentvolumeclaims: {{ len $sizes | quote }}
requests.storage: {{ include "habit-tracker.sumOfDisk" $sizes | quote }}
{{- $nodePorts := 0 }}
{{- $balancers := 0 }}
{{- range $tier := list "backend" "frontend" }}
{{- $type := index $v (print $tier "ServiceType") }}
{{- /* a Service has one for each of its ports */}}
{{- $ports := and (eq $tier "backend") (ne (int $v.backendServicePort) 8000) | ternary 2 1 }}
{{- if ne $type "ClusterIP" }}{{ $nodePorts = add $nodePorts $ports }}{{ end }}
{{- if eq $type "LoadBalancer" }}{{ $balancers = add $balancers 1 }}{{ end }}
{{- end }}
services.nodeports: {{ $nodePorts | quote }}
services.loadbalancers: {{ $balancers | quote }}
{{- end }}

{{/* What several claims ask for together; one alone stays as it is written. */}}
{{- define "habit-tracker.sumOfDisk" -}}
{{- if gt (len .) 1 }}
{{- $total := 0.0 }}
{{- range . }}{{ $total = addf $total (include "habit-tracker.quantity" .) }}{{ end }}
{{- include "habit-tracker.roundUp" (divf $total 1048576) }}Mi
{{- else }}
{{- first . | default "0" }}
{{- end }}
{{- end }}

{{/* Rounded up to a whole number, but for what binary fractions add. */}}
{{- define "habit-tracker.roundUp" -}}
{{- round . 3 | ceil | int64 }}
{{- end }}
