{{/* What makes a tier this one: a server that listens on one port, probed over HTTP. */}}
{{- define "habit-tracker.shape" -}}
{{- $v := .root.Values -}}
component: {{ .tier }}
version: {{ index $v (print .tier "ImageTag") | quote }}
{{- if eq .tier "backend" }}
app: habit-tracker-backend
userId: 1000
port: 8000
livenessPath: /health
# a database that is away must take the pod out of the Service, not restart it
readinessPath: /health?ready=1
scratch:
  - name: tmp
    mountPath: /tmp
{{- else }}
app: habit-tracker-frontend
userId: 1001
port: 3000
livenessPath: /
readinessPath: /?ready=1
scratch:
  - name: tmp
    mountPath: /tmp
  - name: cache
    mountPath: /app/.next/cache
{{- end }}
{{- end }}

{{- define "habit-tracker.tierMetadata" -}}
{{- include "habit-tracker.metadata" (merge (dict "root" .root) (include "habit-tracker.shape" . | fromYaml)) }}
{{- end }}

{{/* How many pods a tier has. An autoscaler's number stays: a manifest with another one would go back to that. */}}
{{- define "habit-tracker.replicas" -}}
{{- $v := .root.Values }}
{{- $shape := include "habit-tracker.shape" . | fromYaml }}
{{- $replicas := index $v (print .tier "Replicas") | int }}
{{- if index $v (print .tier "MaxReplicas") | int }}
{{- $live := lookup "apps/v1" "Deployment" .root.Release.Namespace $shape.app }}
{{- $replicas = dig "spec" "replicas" $replicas $live | int }}
{{- end }}
{{- $replicas }}
{{- end }}

{{- define "habit-tracker.probe" -}}
httpGet:
  path: {{ . }}
  port: http
# under a CPU limit a busy server may take more than the default second
timeoutSeconds: 3
{{- end }}

{{- define "habit-tracker.serviceAccount" -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  {{- include "habit-tracker.metadata" . | nindent 2 }}
automountServiceAccountToken: false
{{- end }}

{{- define "habit-tracker.tierServiceAccount" -}}
{{- include "habit-tracker.serviceAccount" (merge (dict "root" .root) (include "habit-tracker.shape" . | fromYaml)) }}
{{- end }}

{{- define "habit-tracker.deployment" -}}
{{- $v := .root.Values }}
{{- $shape := include "habit-tracker.shape" . | fromYaml }}
{{- $selector := include "habit-tracker.selector" $shape.app }}
{{- $annotations := index $v (print .tier "PodAnnotations") | include "habit-tracker.entries" | fromJson }}
{{- $liveness := index $v (print .tier "LivenessInitialDelaySeconds") | int }}
{{- $readiness := index $v (print .tier "ReadinessInitialDelaySeconds") | int }}
apiVersion: apps/v1
kind: Deployment
metadata:
  {{- include "habit-tracker.tierMetadata" . | nindent 2 }}
  {{- if and $v.existingSecret (eq .tier "backend") }}
  annotations:
    habit-tracker/existing-secret: {{ $v.existingSecret | quote }}
  {{- end }}
spec:
  replicas: {{ include "habit-tracker.replicas" . }}
  revisionHistoryLimit: 3
  progressDeadlineSeconds: {{ int $v.rolloutTimeoutSeconds }}
  selector:
    matchLabels:
      {{- $selector | nindent 6 }}
  strategy:
    type: RollingUpdate
    rollingUpdate:
      maxSurge: 1
      maxUnavailable: 0
  template:
    metadata:
      labels:
        {{- include "habit-tracker.labels" (merge (dict "root" .root) $shape) | nindent 8 }}
      # names are fixed, so without the digest a new ConfigMap or Secret would roll nothing
      annotations:
        {{- range $name, $value := $annotations }}
        {{ toJson $name }}: {{ toJson $value }}
        {{- end }}
        habit-tracker/image-id: {{ include "habit-tracker.image" . | quote }}
        habit-tracker/configuration-digest: {{ include "habit-tracker.digest" . | quote }}
    spec:
      serviceAccountName: {{ $shape.app }}
      automountServiceAccountToken: false
      enableServiceLinks: false
      {{- if include "habit-tracker.pulls" .root }}
      imagePullSecrets:
        - name: habit-tracker-registry
      {{- end }}
      securityContext:
        {{- include "habit-tracker.restrictedPod" $shape.userId | nindent 8 }}
      # and 30 s for a request that is still under way when draining ends
      terminationGracePeriodSeconds: {{ add $v.drainSeconds 30 }}
      {{- with $v.priorityClassName }}
      priorityClassName: {{ . | quote }}
      {{- end }}
      # the constraints alone weigh less than where an image and room are
      affinity:
        podAntiAffinity:
          preferredDuringSchedulingIgnoredDuringExecution:
            - weight: 100
              podAffinityTerm:
                topologyKey: kubernetes.io/hostname
                labelSelector:
                  matchLabels:
                    {{- $selector | nindent 20 }}
      # over nodes and zones where there are several; one node takes them all
      topologySpreadConstraints:
        {{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
        - topologyKey: {{ . }}
          maxSkew: 1
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels:
              {{- $selector | nindent 14 }}
        {{- end }}
      containers:
        - name: {{ .tier }}
          image: {{ include "habit-tracker.image" . | quote }}
          imagePullPolicy: {{ $v.imagePullPolicy }}
          ports:
            - name: http
              containerPort: {{ int $shape.port }}
          envFrom:
            - configMapRef:
                name: {{ $v.configMapName | quote }}
            {{- if eq .tier "backend" }}
            - secretRef:
                name: {{ include "habit-tracker.secretName" .root | quote }}
            {{- end }}
          env:
            - name: DRAIN_SECONDS
              value: {{ int $v.drainSeconds | quote }}
          resources:
            {{- include "habit-tracker.resources" (dict "root" .root "of" .tier) | nindent 12 }}
          securityContext:
            {{- include "habit-tracker.restrictedContainer" . | nindent 12 }}
          terminationMessagePolicy: FallbackToLogsOnError
          # Once it passes, the kubelet asks for readiness at once, and not up to a whole period after its delay. A start
          # that hangs is ended no sooner than liveness would end it.
          startupProbe:
            {{- include "habit-tracker.probe" $shape.livenessPath | nindent 12 }}
            initialDelaySeconds: {{ $readiness }}
            periodSeconds: 1
            failureThreshold: {{ max 60 $liveness }}
          livenessProbe:
            {{- include "habit-tracker.probe" $shape.livenessPath | nindent 12 }}
            initialDelaySeconds: {{ $liveness }}
            periodSeconds: {{ index $v (print .tier "LivenessPeriodSeconds") | int }}
          readinessProbe:
            {{- include "habit-tracker.probe" $shape.readinessPath | nindent 12 }}
            initialDelaySeconds: {{ $readiness }}
            periodSeconds: {{ index $v (print .tier "ReadinessPeriodSeconds") | int }}
          volumeMounts:
            {{- toYaml $shape.scratch | nindent 12 }}
      volumes:
        {{- range $shape.scratch }}
        - name: {{ .name }}
          emptyDir:
            sizeLimit: 64Mi
        {{- end }}
{{- end }}

{{- define "habit-tracker.service" -}}
{{- $v := .root.Values }}
{{- $shape := include "habit-tracker.shape" . | fromYaml }}
{{- $type := index $v (print .tier "ServiceType") }}
{{- $port := index $v (print .tier "ServicePort") | int }}
apiVersion: v1
kind: Service
metadata:
  {{- include "habit-tracker.tierMetadata" . | nindent 2 }}
  {{- with index $v (print .tier "ServiceAnnotations") }}
  annotations:
    {{- range $name, $value := include "habit-tracker.entries" . | fromJson }}
    {{ toJson $name }}: {{ toJson $value }}
    {{- end }}
  {{- end }}
spec:
  type: {{ $type }}
  selector:
    {{- include "habit-tracker.selector" $shape.app | nindent 4 }}
  ports:
    - name: http
      protocol: TCP
      port: {{ $port }}
      targetPort: {{ int $shape.port }}
      {{- if and (eq .tier "frontend") (eq $type "NodePort") }}
      nodePort: {{ int $v.frontendNodePort }}
      {{- end }}
    {{- if and (eq .tier "backend") (ne $port (int $shape.port)) }}
    # stays beside another port: the frontend's pods that run would ask for one that is no more
    - name: http-fixed
      protocol: TCP
      port: {{ int $shape.port }}
      targetPort: {{ int $shape.port }}
    {{- end }}
{{- end }}

{{- define "habit-tracker.podDisruptionBudget" -}}
{{- $shape := include "habit-tracker.shape" . | fromYaml }}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  {{- include "habit-tracker.tierMetadata" . | nindent 2 }}
spec:
  # of several pods all but one stay; not minAvailable: with one it would block every drain of its node
  maxUnavailable: 1
  selector:
    matchLabels:
      {{- include "habit-tracker.selector" $shape.app | nindent 6 }}
{{- end }}

{{- define "habit-tracker.horizontalPodAutoscaler" -}}
{{- $v := .root.Values }}
{{- $shape := include "habit-tracker.shape" . | fromYaml }}
{{- with index $v (print .tier "MaxReplicas") | int }}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  {{- include "habit-tracker.tierMetadata" $ | nindent 2 }}
spec:
  minReplicas: {{ index $v (print $.tier "Replicas") | int }}
  maxReplicas: {{ . }}
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: {{ $shape.app }}
  metrics:
    - type: Resource
      resource:
        name: cpu
        target:
          type: Utilization
          averageUtilization: {{ int $v.autoscalingCpuPercent }}
{{- end }}
{{- end }}
