"""Creates what the files of deploy/ecs/ describe with boto3: it checks every member against AWS's own model."""

import json
import sys
from pathlib import Path

import boto3

endpoint, folder = sys.argv[1], Path(sys.argv[2])


def content(name):
    return json.loads((folder / name).read_text())


ecs = boto3.client("ecs", endpoint_url=endpoint)
iam = boto3.client("iam", endpoint_url=endpoint)
ec2 = boto3.client("ec2", endpoint_url=endpoint)

iam.create_role(RoleName="scaler-ecs", AssumeRolePolicyDocument=json.dumps(content("task-role-trust.json")))
iam.put_role_policy(
    RoleName="scaler-ecs",
    PolicyName="scaler-ecs",
    PolicyDocument=json.dumps(content("task-role-policy.json")),
)
ecs.register_task_definition(**content("task-definition.json"))
service = content("service.json")
ecs.create_cluster(clusterName=service["cluster"])
# The account has other subnets and security groups than the example.
vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
group = ec2.create_security_group(GroupName="scaler-ecs", Description="egress", VpcId=vpc)["GroupId"]
service["networkConfiguration"]["awsvpcConfiguration"].update(subnets=[subnet], securityGroups=[group])
created = ecs.create_service(**service)["service"]
print(f"{created['serviceName']} {created['taskDefinition'].split('/')[-1]}")
