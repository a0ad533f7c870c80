"""Makes what a first run makes, runs the commands of the README that remove it, and prints what is left."""

import os
import subprocess
import sys

import boto3

endpoint, programs, commands = sys.argv[1:4]
ecs = boto3.client("ecs", endpoint_url=endpoint)
iam = boto3.client("iam", endpoint_url=endpoint)
policy = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"

ecs.create_cluster(clusterName="scaler-cluster")
for size in ("1024", "2048"):
    ecs.register_task_definition(
        family="scaler-task-definition",
        cpu=size,
        memory="4096",
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        containerDefinitions=[{"name": "scaler-container", "image": "scaler"}],
    )
iam.create_role(RoleName="ecsTaskExecutionRole", AssumeRolePolicyDocument="{}")
iam.attach_role_policy(RoleName="ecsTaskExecutionRole", PolicyArn=policy)

environment = {
    **os.environ,
    "AWS_ENDPOINT_URL": endpoint,
    "PATH": f"{programs}:{os.environ['PATH']}",
}
subprocess.run(["bash", "-euc", commands], env=environment, check=True, stdout=subprocess.DEVNULL)

clusters = ecs.describe_clusters(clusters=["scaler-cluster"])["clusters"]
alive = [cluster for cluster in clusters if cluster["status"] != "INACTIVE"]
definitions = ecs.list_task_definitions(familyPrefix="scaler-task-definition", status="ACTIVE")["taskDefinitionArns"]
roles = [role for role in iam.list_roles()["Roles"] if role["RoleName"] == "ecsTaskExecutionRole"]
print(f"clusters {len(alive)}, definitions {len(definitions)}, roles {len(roles)}")
